import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runApp } from '../support/app.ts';
import { type BackupFixture, setId, startBackupFixture } from '../support/backup-fixture.ts';

const rs0 = setId('rs0');

interface Script {
  readonly fixture: BackupFixture;
  run(...words: string[]): ReturnType<typeof runApp>;
}

/** The routes of a server over a vault for tests, and `leafward backup` as a script calls it. */
async function startScript(fixture: BackupFixture): Promise<Script> {
  const { server, group } = fixture;
  await server.app.listen({ host: '127.0.0.1', port: 0 });
  const address = server.app.server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  const env = { LEAFWARD_SERVER_URL: url, LEAFWARD_GROUP_ID: group.id, LEAFWARD_API_TOKEN: group.token };
  return { fixture, run: (...words) => runApp(['backup', ...words], { env }, 300_000) };
}

test('what cannot be done ends with its own exit status and the next step', { timeout: 600_000 }, async () => {
  await using fixture = await startBackupFixture(['rs0', 'rs1']);
  const { run } = await startScript(fixture);
  const cases: readonly (readonly [string[], number, RegExp])[] = [
    [['begin'], 64, /Actions: status, plan, start/],
    [['start'], 64, /takes one REPLICA_SET/],
    [['start', 'rs7'], 66, /no replica set rs7[\s\S]*It has rs0, rs1/],
    [['stop', 'rs0'], 75, /backup of rs0 is off[\s\S]*Start it first/],
    [['terminate', 'rs0', '--confirm', 'rs1'], 64, /--confirm rs0/],
    [['find', 'rs0', 'shop.orders', '{"_id": 1}'], 64, /name one moment/],
    [['find', 'rs0', 'shop.orders', '--at', '2026-11-21 10:00'], 64, /no time with a zone/],
    [['find', 'rs0', 'shop.orders', '{_id: 1}', '--snapshot', 's1'], 64, /FILTER is no JSON/],
  ];
  const results = await Promise.all(cases.map(async ([words]) => run(...words)));
  for (const [index, [words, status, told]] of cases.entries()) {
    const result = results[index];
    assert.equal(result?.status, status, `${words.join(' ')}: ${result?.stderr}`);
    assert.match(result?.stderr ?? '', told);
  }
  assert.deepEqual(fixture.vault.calls, []);
});

test('a set is named by its name or its id; what is printed is JSON for scripts or a line for people', async () => {
  await using fixture = await startBackupFixture(['rs0']);
  const { run } = await startScript(fixture);
  const started = await run('start', 'rs0', '--exclude', 'logs.*, *.cache', '--scan-threads', '3', '--json');
  assert.equal(started.status, 0, started.stderr);
  const { state, filter, limits } = JSON.parse(started.stdout);
  assert.deepEqual([state, filter.exclude, limits.scanThreads], ['starting', ['logs.*', '*.cache'], 3]);
  const status = await run('status', rs0);
  assert.deepEqual([status.status, status.stdout.trim()], [0, 'rs0: waits for an agent']);
});

test('waiting ends well when the set is protected, and badly when a person must do something first', async () => {
  await using fixture = await startBackupFixture(['rs0']);
  const { run } = await startScript(fixture);
  const { vault, group, server } = fixture;
  const late = await run('start', 'rs0', '--wait', '--timeout', '0.1');
  assert.deepEqual([late.status, /not protected within 0\.1 s/.test(late.stderr)], [75, true], late.stderr);
  const at = { ts: BigInt(Math.floor(server.clock.now() / 1000)) << 32n, term: 1 };
  const set = vault.of(group.id, rs0);
  Object.assign(set, { scan: null, lost: { code: 'PLACE_LOST', message: 'the oplog begins later', sinceMs: 1 } });
  const lost = await run('start', 'rs0', '--wait');
  assert.deepEqual(
    [lost.status, /the oplog begins later[\s\S]*Start a resync/.test(lost.stderr)],
    [75, true],
    lost.stderr,
  );
  Object.assign(set, { lost: null, checkpoint: at, restorable: { from: at, until: at } });
  const done = await run('start', 'rs0', '--wait', '--json');
  assert.deepEqual([done.status, JSON.parse(done.stdout).state], [0, 'protected']);
});

test('a snapshot is waited for; damage that verify finds is exit status 1', async () => {
  await using fixture = await startBackupFixture(['rs0']);
  const { run } = await startScript(fixture);
  const { vault } = fixture;
  await run('start', 'rs0');
  const made = await run('snapshot', 'rs0', '--json');
  assert.deepEqual([made.status, JSON.parse(made.stdout).id], [0, 's1'], made.stderr);
  assert.equal((await run('verify', 'rs0')).status, 0);
  vault.damage = [{ block: 'aa', pack: 'p1', why: 'its hash is another', snapshots: ['s1'] }];
  const damaged = await run('verify');
  assert.equal(damaged.status, 1);
  assert.match(damaged.stdout, /1 are damaged\naa in p1: its hash is another; snapshots: s1/);
  vault.gate = Promise.reject(new Error('disk on fire'));
  vault.gate.catch(() => {});
  const failed = await run('snapshot', 'rs0');
  assert.deepEqual([failed.status, /snapshot failed \(INTERNAL\): disk on fire/.test(failed.stderr)], [75, true]);
});
