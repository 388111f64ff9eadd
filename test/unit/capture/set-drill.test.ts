import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DrillTarget } from '../../../src/capture/drill/drill-target.ts';
import { SetDrill } from '../../../src/capture/drill/set-drill.ts';
import { AppError } from '../../../src/runtime/errors.ts';
import { createLog } from '../../../src/runtime/log.ts';
import type { ViewAnswer } from '../../../src/wire/api/backups.ts';
import type { BackupTask, DrillResultRequest } from '../../../src/wire/backup-messages.ts';
import { eventually } from '../../support/eventually.ts';

const log = createLog({ level: 'error', format: 'text', write: () => {} });
const view: ViewAnswer = {
  viewId: 'v',
  optime: { ts: '5:1', term: 1 },
  atMs: 5000,
  expiresAtMs: 9e15,
  sourceVersion: '6.0.5',
  collections: [],
};

function taskWith(drillId: string | undefined): BackupTask {
  return {
    replicaSetId: 'a'.repeat(24),
    name: 'rs0',
    epoch: 3,
    members: [],
    filter: { include: [], exclude: [] },
    limits: { scanBytesPerSecond: null, scanThreads: 1 },
    checkpoint: null,
    chain: null,
    scan: null,
    paused: false,
    ...(drillId === undefined ? {} : { drill: { drillId } }),
  };
}

/** The server's side: what was reported, and how it answers. */
function server(refusal?: AppError) {
  const results: DrillResultRequest[] = [];
  return {
    results,
    link: {
      drillView: async () => {
        if (refusal !== undefined) throw refusal;
        return view;
      },
      drillChunks: async () => Buffer.alloc(0),
      drillResult: async (request: DrillResultRequest) => void results.push(request),
    },
  };
}

const passes: DrillTarget = {
  name: 'drill:1',
  run: async ({ view: { optime } }) => ({ ok: true, message: optime.ts, documents: 3, bytes: 30 }),
};
const waits: DrillTarget = {
  name: 'drill:1',
  run: (_source, signal) =>
    new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
};
const fails: DrillTarget = {
  name: 'drill:1',
  run: async () => {
    throw new AppError('TARGET_REFUSED', 'it holds payroll', { hint: 'Drop it.' });
  },
};

test('a drill of the task runs once, and how it ended is told under its id and epoch', async () => {
  const { link, results } = server();
  const drill = new SetDrill({ link, log, target: passes });
  drill.update(taskWith('d1'));
  drill.update(taskWith('d1'));
  await eventually(() => results.length > 0);
  drill.update(taskWith(undefined));
  await drill.close();
  assert.deepEqual(results, [
    { replicaSetId: 'a'.repeat(24), epoch: 3, drillId: 'd1', ok: true, message: '5:1', documents: 3, bytes: 30 },
  ]);
});

test('what cannot be restored is an outcome: the reason and the next step are told', async () => {
  for (const [target, said] of [
    [fails, 'it holds payroll Drop it.'],
    [undefined, 'the agent that has the set has no drillTarget any more'],
  ] as const) {
    const { link, results } = server();
    const drill = new SetDrill({ link, log, target });
    drill.update(taskWith('d1'));
    await eventually(() => results.length > 0);
    assert.equal(results[0]?.ok, false);
    assert.ok(results[0]?.message.startsWith(said), results[0]?.message);
    await drill.close();
  }
});

test('a drill that is not in the task any more ends, tells nothing, and makes room for the next', async () => {
  const { link, results } = server();
  const drill = new SetDrill({ link, log, target: waits });
  drill.update(taskWith('d1'));
  drill.update(taskWith(undefined));
  drill.update(taskWith('d2'));
  await drill.close();
  assert.deepEqual(results, []);
});

test('an agent that has lost the set, or a server that knows no such drill, is not told how it ended', async () => {
  for (const code of ['LEASE_LOST', 'NOT_FOUND'] as const) {
    const { link, results } = server(new AppError(code, 'over'));
    const drill = new SetDrill({ link, log, target: passes });
    drill.update(taskWith('d1'));
    await new Promise((resolve) => setImmediate(resolve));
    await drill.close();
    assert.deepEqual(results, []);
  }
});
