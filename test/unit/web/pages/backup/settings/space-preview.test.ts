import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultSettings } from '../../../../../../src/server/backup/default-settings.ts';
import { previewKept } from '../../../../../../src/web/pages/backup/settings/retention-preview.ts';
import { previewSpace } from '../../../../../../src/web/pages/backup/settings/space-preview.ts';
import type { BackupSchedule, Snapshot } from '../../../../../../src/wire/api/backups.ts';

const hour = 3_600_000;
const gib = 2 ** 30;
const now = Date.UTC(2026, 10, 22, 4, 30);
const { schedule: defaults } = defaultSettings;
type Taken = Pick<Snapshot, 'atMs' | 'keptAs' | 'newBytes' | 'reason'>;

/** A first snapshot of a gibibyte, and others every six hours after it. */
function taken(later: number, newBytes: number): Taken[] {
  const first: Taken = { atMs: now - later * 6 * hour, keptAs: ['recent', 'daily'], newBytes: gib, reason: 'initial' };
  return [
    first,
    ...Array.from({ length: later }, (_, index): Taken => {
      const atMs = first.atMs + (index + 1) * 6 * hour;
      return { atMs, keptAs: ['recent'], newBytes, reason: 'schedule' };
    }),
  ];
}

function copiesOf(schedule: BackupSchedule, newShare: number): number {
  const snapshots = taken(4, newShare * gib);
  const set = { storedBytes: gib + 4 * newShare * gib, slicesBytes: 0, windowFromMs: null, protectedUntilMs: null };
  return (previewSpace(set, schedule, snapshots, previewKept(schedule, now).agesMs) ?? 0) / gib;
}

test('a month that is kept takes a copy when all has changed meanwhile, as the store does', () => {
  // make bench measured 18 copies for a year at 1% between two snapshots, and 5 without the months.
  const year = copiesOf(defaults, 0.01);
  assert.ok(year > 12 && year < 20, `${year}`);
  const weeks = copiesOf({ ...defaults, keepMonthlyMonths: 0 }, 0.01);
  assert.ok(weeks > 1.5 && weeks < 6, `${weeks}`);
});

test('what does not change is stored once, and no snapshot takes more than a copy', () => {
  assert.equal(copiesOf(defaults, 0), 1);
  assert.equal(copiesOf(defaults, 10), previewKept(defaults, now).total);
});

test('the oplog is reckoned for the whole window', () => {
  const [snapshots, agesMs] = [taken(1, 0), [0]];
  const set = { storedBytes: gib, slicesBytes: 100, windowFromMs: now - 6 * hour, protectedUntilMs: now };
  assert.equal(previewSpace(set, defaults, snapshots, agesMs), gib + 400);
  assert.equal(previewSpace(set, { ...defaults, windowHours: 48 }, snapshots, agesMs), gib + 800);
  assert.equal(previewSpace({ ...set, windowFromMs: null }, defaults, snapshots, agesMs), gib + 100);
});

test('one snapshot says nothing of what changes', () => {
  const set = { storedBytes: gib, slicesBytes: 0, windowFromMs: null, protectedUntilMs: null };
  assert.equal(previewSpace(set, defaults, taken(0, 0), [0]), null);
});
