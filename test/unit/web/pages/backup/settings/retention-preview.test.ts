import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultSettings } from '../../../../../../src/server/backup/default-settings.ts';
import { keptAs } from '../../../../../../src/vault/retention.ts';
import { previewKept } from '../../../../../../src/web/pages/backup/settings/retention-preview.ts';
import { fc } from '../../../../../support/properties.ts';

const hour = 3_600_000;
const { schedule: defaults } = defaultSettings;
const now = Date.UTC(2026, 10, 21, 4, 30);

test('the default schedule keeps about thirty snapshots of a year', () => {
  const { tiers, total, oldestMs } = previewKept(defaults, now);
  assert.deepEqual(
    tiers.map(({ kind, more }) => [kind, more > 0]),
    [
      ['recent', true],
      ['daily', true],
      ['weekly', true],
      ['monthly', true],
    ],
  );
  assert.equal(tiers[0]?.more, 8);
  assert.equal(
    tiers.reduce((sum, { more }) => sum + more, 0),
    total,
  );
  assert.ok(total > 25 && total < 32, `${total}`);
  assert.ok(oldestMs > 330 * 24 * hour && oldestMs < 373 * 24 * hour);
});

test('it keeps what the vault keeps, once the schedule ran for long enough', () => {
  const schedules = fc.record({
    snapshotEveryHours: fc.constantFrom(1, 2, 3, 4, 5, 6, 7, 12, 24),
    keepAllHours: fc.integer({ min: 1, max: 100 }),
    keepDailyDays: fc.integer({ min: 0, max: 40 }),
    keepWeeklyWeeks: fc.integer({ min: 0, max: 10 }),
    keepMonthlyMonths: fc.integer({ min: 0, max: 4 }),
    windowHours: fc.constant(24),
  });
  fc.assert(
    fc.property(schedules, fc.integer({ min: 0, max: 400 * 24 * 60 }), (schedule, minutes) => {
      const at = now + minutes * 60_000;
      const everyMs = schedule.snapshotEveryHours * hour;
      const last = Math.floor(at / everyMs) * everyMs;
      const count = Math.ceil((240 * 24 * hour) / everyMs);
      const taken = Array.from({ length: count }, (_, back) => last - back * everyMs);
      const stored = taken.map((atMs) => snapshotAt(atMs));
      const kept = keptAs(stored, schedule, at);
      const expected = taken.filter((atMs) => (kept.get(String(atMs))?.kinds.length ?? 0) > 0);
      assert.deepEqual(
        previewKept(schedule, at).agesMs,
        expected.map((atMs) => at - atMs).sort((a, b) => a - b),
      );
    }),
    { numRuns: 60 },
  );
});

function snapshotAt(atMs: number) {
  const optime = { ts: BigInt(atMs / 1000) << 32n, term: 1 };
  const cost = { collections: 0, documents: 0, contentBytes: 0, readBytes: 0, newBytes: 0, tookMs: 0 };
  return {
    id: String(atMs),
    replicaSetId: 'rs0',
    pointId: String(atMs),
    optime,
    takenAtMs: atMs,
    reason: 'schedule' as const,
    ...cost,
  };
}
