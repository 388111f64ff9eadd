import assert from 'node:assert/strict';
import { test } from 'node:test';
import { longTime, spanWords, timeTicks } from '../../../../src/web/chart/time-axis.ts';
import { fc } from '../../../support/properties.ts';

const midnight = Date.UTC(2026, 10, 21);
const hour = 3_600_000;

test('labels are round times and name the day where it changes', () => {
  const ticks = timeTicks(midnight - 4 * hour, midnight + 4 * hour, 4, 'utc');
  assert.deepEqual(ticks.labels, ['20:00', '22:00', '21 Nov', '02:00', '04:00']);
});

test('a year has months, and January is the year', () => {
  const { labels } = timeTicks(midnight - 365 * 24 * hour, midnight, 5, 'utc');
  assert.deepEqual(labels, ['2026', 'Apr', 'Jul', 'Oct']);
});

test('any span from seconds to years has ticks inside it, ascending, about as many as asked', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 20_000, max: 5 * 365 * 24 * hour }),
      fc.integer({ min: 0, max: 1e10 }),
      fc.integer({ min: 2, max: 12 }),
      fc.constantFrom('utc', 'local'),
      (span, back, most, zone) => {
        const to = midnight - back;
        const { timesMs } = timeTicks(to - span, to, most, zone);
        assert.ok(timesMs.length <= most + 2, `${timesMs.length} of ${most}`);
        for (const [at, time] of timesMs.entries()) {
          assert.ok(time >= to - span && time <= to);
          assert.ok(at === 0 || time > (timesMs[at - 1] ?? 0));
        }
      },
    ),
  );
});

test('times are written with their zone', () => {
  assert.equal(longTime(midnight + 3 * hour + 12_000, 'utc', true), 'Sat 21 Nov 03:00:12 UTC');
  assert.equal(spanWords(midnight, midnight + 90 * 60_000, 'utc', midnight), '21 Nov 00:00 – 01:30 UTC');
  assert.equal(spanWords(midnight - 24 * hour, midnight, 'utc', midnight), '20 Nov 00:00 – 21 Nov 00:00 UTC');
  assert.equal(
    spanWords(Date.UTC(2025, 0, 1), Date.UTC(2025, 0, 2), 'utc', midnight),
    '1 Jan 2025 00:00 – 2 Jan 2025 00:00 UTC',
  );
});
