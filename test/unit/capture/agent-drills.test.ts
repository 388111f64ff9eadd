import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AgentDrills } from '../../../src/capture/drill/agent-drills.ts';
import type { DrillTarget } from '../../../src/capture/drill/drill-target.ts';
import { AppError } from '../../../src/runtime/errors.ts';
import { createLog } from '../../../src/runtime/log.ts';
import type { ViewAnswer } from '../../../src/wire/api/backup-reading.ts';
import type { DrillProgressRequest, DrillResultRequest } from '../../../src/wire/backup-messages.ts';
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

const replicaSetId = 'a'.repeat(24);
const asked = (drillId: string | undefined) => (drillId === undefined ? [] : [{ replicaSetId, drillId }]);

/** The server's side: what was reported, and how it answers. */
function server(refusal?: AppError) {
  const results: DrillResultRequest[] = [];
  const told: DrillProgressRequest[] = [];
  return {
    results,
    told,
    link: {
      drillView: async () => {
        if (refusal !== undefined) throw refusal;
        return view;
      },
      drillChunks: async () => Buffer.alloc(0),
      drillProgress: async (request: DrillProgressRequest) => void told.push(request),
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

test('a drill of the task runs once, and how it ended is told under its id', async () => {
  const { link, results } = server();
  const drill = new AgentDrills({ link, log, target: passes });
  drill.update(asked('d1'));
  drill.update(asked('d1'));
  await eventually(() => results.length > 0);
  drill.update(asked(undefined));
  await drill.close();
  assert.deepEqual(results, [{ replicaSetId, drillId: 'd1', ok: true, message: '5:1', documents: 3, bytes: 30 }]);
});

test('what cannot be restored is an outcome: the reason and the next step are told', async () => {
  for (const [target, said] of [
    [fails, 'it holds payroll Drop it.'],
    [undefined, 'the agent that runs the drill has no drillTarget any more'],
  ] as const) {
    const { link, results } = server();
    const drill = new AgentDrills({ link, log, target });
    drill.update(asked('d1'));
    await eventually(() => results.length > 0);
    assert.equal(results[0]?.ok, false);
    assert.ok(results[0]?.message.startsWith(said), results[0]?.message);
    await drill.close();
  }
});

test('a drill that is not in the task any more ends, tells nothing, and makes room for the next', async () => {
  const { link, results } = server();
  const drill = new AgentDrills({ link, log, target: waits });
  drill.update(asked('d1'));
  drill.update(asked(undefined));
  drill.update(asked('d2'));
  await drill.close();
  assert.deepEqual(results, []);
});

test('a server that knows no such drill is not told how it ended', async () => {
  const { link, results } = server(new AppError('NOT_FOUND', 'over'));
  const drill = new AgentDrills({ link, log, target: passes });
  drill.update(asked('d1'));
  await new Promise((resolve) => setImmediate(resolve));
  await drill.close();
  assert.deepEqual(results, []);
});

test('how far a drill is, is told at once and then now and then', async () => {
  const { link, told } = server();
  const progress = { phase: 'data', documents: 1, bytes: 10, allBytes: 30, bytesPerSecond: 5, secondsLeft: 4 } as const;
  const target: DrillTarget = {
    name: 'drill:1',
    run: async (_source, _signal, onProgress) => {
      for (let step = 0; step < 100; step++) onProgress({ ...progress, doing: ['shop.orders'] });
      return { ok: true, message: '', documents: 1, bytes: 10 };
    },
  };
  const drill = new AgentDrills({ link, log, target });
  drill.update(asked('d1'));
  await eventually(() => told.length > 0);
  await drill.close();
  assert.deepEqual(told, [{ replicaSetId, drillId: 'd1', progress: { ...progress, doing: ['shop.orders'] } }]);
});
