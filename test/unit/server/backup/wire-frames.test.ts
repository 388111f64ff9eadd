import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { packEnvelope } from '../../../../src/wire/backup-envelope.ts';
import { agentRoutes, protocolVersion } from '../../../../src/wire/protocol.ts';
import { backupAgent, setId, startBackupFixture, tasksOf } from '../../../support/backup-fixture.ts';
import { agentHeadersOf, api } from '../../../support/server-fixture.ts';

/**
 * What backup agents of each accepted protocol version send, in the order in which they send it. Recorded once per version
 * (RECORD_FRAMES=true) and never changed: a server that stops taking them breaks agents that are out there.
 */
const folder = join(import.meta.dirname, '..', '..', '..', 'golden', 'wire');
const rs0 = setId('rs0');
const scanId = 'recorded';
const uuid = '0123456789abcdef0123456789abcdef';
const place = { replicaSetId: rs0, epoch: 1 };
const at = (seconds: number) => ({ ts: `${seconds}:1`, term: 3 });

const messages = [
  ['backup-scan-begin.json', agentRoutes.scanBegin],
  ['backup-scan-plan.json', agentRoutes.scanPlan],
  ['backup-scan-have.json', agentRoutes.scanHave],
  ['backup-scan-blocks.bin', agentRoutes.scanBlocks],
  ['backup-slices.bin', agentRoutes.slices],
  ['backup-scan-finish.json', agentRoutes.scanFinish],
  ['backup-report.json', agentRoutes.backupReport],
] as const;

if (process.env['RECORD_FRAMES'] === 'true') record(join(folder, `${protocolVersion.major}.${protocolVersion.minor}`));

for (const version of readdirSync(folder)) {
  test(`what backup agents of protocol ${version} send is taken`, async () => {
    await using fixture = await startBackupFixture(['rs0']);
    const { server, vault, group } = fixture;
    await api(server, group, 'POST', `/groups/${group.id}/backups/${rs0}/start`);
    const agent = await backupAgent(server, group);
    await tasksOf(server, agent);
    for (const [file, url] of messages) {
      const reply = await server.app.inject({
        method: 'POST',
        url,
        headers: {
          ...agentHeadersOf(agent),
          'leafward-protocol': version,
          'content-type': 'application/octet-stream',
        },
        payload: readFileSync(join(folder, version, file)),
      });
      assert.equal(reply.statusCode, 200, `${file}: ${reply.body}`);
    }
    assert.deepEqual(vault.calls, ['start rs0', 'blocks 1 11', 'slices 2 10', 'finish']);
    const shown = (await api(server, group, 'GET', `/groups/${group.id}/backups/${rs0}`)).json();
    assert.deepEqual([shown.member, shown.spoolBytes, shown.problem.code], ['db1:27017', 4096, 'MONGODB_UNREACHABLE']);
  });
}

function record(path: string): void {
  for (const [name, body] of Object.entries(bodies())) {
    writeFileSync(join(path, name), Buffer.isBuffer(body) ? body : JSON.stringify(body), { flag: 'wx' });
  }
}

function bodies(): Record<(typeof messages)[number][0], object> {
  const empty = Buffer.from([5, 0, 0, 0, 0]).toString('base64');
  const key = Buffer.from([0x28, 1]).toString('base64');
  const block = { run: 0, id: 'a'.repeat(64), firstKey: key, lastKey: key, count: 1, contentBytes: 30 };
  const slice = { entries: 2, contentBytes: 400, length: 5, hash: 'b'.repeat(64), chain: 'c'.repeat(64) };
  return {
    'backup-scan-begin.json': { ...place, scanId, from: at(100) },
    'backup-scan-plan.json': {
      ...place,
      scanId,
      collections: [
        {
          ...{ uuid, database: 'shop', name: 'orders', type: 'collection', options: empty, indexes: [empty] },
          ...{ capped: false, temporary: false, documents: 10, bytes: 1000 },
        },
      ],
      parts: [{ uuid, part: 0, order: 'id', lower: null, upper: empty }],
      last: true,
    },
    'backup-scan-have.json': { ...place, scanId, ids: ['a'.repeat(64)] },
    'backup-scan-blocks.bin': packEnvelope(
      {
        ...place,
        scanId,
        pieces: [
          {
            ...{ uuid, part: 0, number: 0, restart: false, after: empty, done: true, documents: 2, bytes: 60 },
            blocks: [
              { ...block, length: 11 },
              { ...block, length: 0 },
            ],
          },
        ],
      },
      [Buffer.from('eleven byte')],
    ),
    'backup-slices.bin': packEnvelope(
      {
        ...place,
        slices: [
          { ...slice, after: null, first: '100:1', last: at(101) },
          { ...slice, after: at(101), first: '101:2', last: at(102) },
        ],
      },
      [Buffer.from('first'), Buffer.from('other')],
    ),
    'backup-scan-finish.json': { ...place, scanId, until: at(102) },
    'backup-report.json': {
      agent: { cpuPercent: 1.5, rssBytes: 1e8, rssAnonBytes: 8e7, startedAtMs: 1_800_000_000_000 },
      tasks: [
        {
          ...place,
          state: 'spooling',
          problem: { code: 'MONGODB_UNREACHABLE', message: 'db2:27017 does not answer', hint: 'Look at it.' },
          ...{ member: 'db1:27017', scanMember: null, sourceLast: at(103), readLast: at(103) },
          ...{ caughtUpAtMs: 1_800_000_000_000, oplogFirst: '10:1', oplogBytes: 1e9, churnBytesPerSecond: 1e5 },
          ...{ spoolBytes: 4096, spoolLimitBytes: 1e10, spoolFreeBytes: 1e11, scanBytesPerSecond: null },
        },
      ],
    },
  };
}
