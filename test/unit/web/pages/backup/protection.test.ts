import assert from 'node:assert/strict';
import { test } from 'node:test';
import { byNeed, coverageOf, protectionOf } from '../../../../../src/web/pages/backup/protection.ts';
import type { BackupSet } from '../../../../../src/wire/api/backups.ts';
import { backupSet, lostSet, offSet, scanningSet } from '../../../../pages/backup-fixture-data.ts';

const now = Date.UTC(2026, 10, 21, 3, 0, 12);
const hour = 3_600_000;
const told = (set: BackupSet) => protectionOf(set, 'utc', now);

test('a protected set says since when every second can be restored', () => {
  const set = backupSet('rs0', { windowFromMs: Date.UTC(2026, 10, 20, 3), protectedUntilMs: now - 2000 });
  assert.deepEqual(told(set), {
    health: 'ok',
    title: 'Every second since 20 Nov 03:00 UTC can be restored',
    detail: '',
  });
});

test('a problem of a protected set is told with its next step', () => {
  const problem = { code: 'X', message: 'the spool is nearly full', hint: 'Free some space.', sinceMs: now - hour };
  const { detail, health } = told(
    backupSet('rs0', { problem, status: { health: 'warn', word: 'protected', detail: problem.message } }),
  );
  assert.equal(detail, 'The spool is nearly full. Free some space.');
  assert.equal(health, 'warn');
});

test('a set that lags says up to when, how far behind, and how long the oplog holds', () => {
  const { title, detail } = told(
    backupSet('rs0', {
      state: 'behind',
      status: { health: 'warn', word: 'behind' },
      protectedUntilMs: now - 12 * 60_000,
      lagSeconds: 720,
      oplogHoldsSeconds: 9000,
    }),
  );
  assert.equal(title, 'Restorable only up to 02:48:12 UTC');
  assert.equal(detail, '12 min behind the source. The oplog holds its place for 2 h 30 min more.');
});

test('a lost place names the end of protection, why, and the resync', () => {
  const { health, title, detail } = told({ ...lostSet('rs0'), protectedUntilMs: now - hour });
  assert.equal(health, 'bad');
  assert.equal(title, 'Protection ended at 02:00:12 UTC: a resync is needed');
  assert.match(detail, /^The oplog of rs0 no longer holds .*Start a resync/);
});

test('a scan is busy, not healthy; its first one protects nothing, a resync leaves what was kept', () => {
  const scan = scanningSet('rs0', 10);
  assert.equal(told(scan).health, 'busy');
  assert.match(told(scan).title, /nothing can be restored before it is done/);
  assert.match(told(scan).detail, /GiB of .*GiB, 82 MiB\/s, 33 min left\.$/);
  const kept = { ...scan, windowFromMs: now - 5 * hour, protectedUntilMs: now - hour };
  assert.match(told(kept).title, /^A resync runs; every second from 20 Nov 22:00 to 02:00:12 UTC stays restorable$/);
});

test('without an agent a set that starts waits; a deletion counts down', () => {
  const waits = { ...offSet('rs0'), state: 'starting' as const, status: { health: 'warn' as const, word: 'waits' } };
  assert.equal(told(waits).title, 'Waits for a backup agent');
  const going = backupSet('rs0', { state: 'terminating', deletedAtMs: now + 71 * hour });
  assert.equal(told(going).title, 'All its backups will be deleted in 2 d 23 h');
});

test('sets that need a person come first', () => {
  const sets = [backupSet('b10'), backupSet('b9'), lostSet('z'), offSet('a')].sort(byNeed);
  assert.deepEqual(
    sets.map(({ name }) => name),
    ['z', 'b9', 'b10', 'a'],
  );
});

test('over all sets: what is stopped or being deleted is not told as protected', () => {
  const sets = (...states: readonly BackupSet['state'][]) => states.map((state, at) => backupSet(`rs${at}`, { state }));
  const told = (...states: readonly BackupSet['state'][]) => {
    const { health, title, all } = coverageOf(sets(...states));
    return [health, title, all];
  };
  assert.deepEqual(told('protected', 'protected'), ['ok', '2 sets protected', true]);
  assert.deepEqual(told('protected', 'scanning', 'stopped'), [
    'busy',
    '1 set protected, 1 on the way, 1 stopped',
    false,
  ]);
  assert.deepEqual(told('stopped'), ['off', 'No set is protected, 1 stopped', false]);
  assert.deepEqual(told('terminating'), ['warn', 'No set is protected, 1 being deleted', false]);
});
