import assert from 'node:assert/strict';
import { test } from 'node:test';
import { currentOrNext } from '../../../../../../src/alerts/delivery/wall-clock.ts';
import { daysWords, occurrencesOf, weekdays } from '../../../../../../src/web/pages/settings/windows/occurrences.ts';
import type { WindowTimes } from '../../../../../../src/wire/api/notifiers.ts';
import { fc } from '../../../../../support/properties.ts';

const names = weekdays.map(([day]) => day);
const zones = ['UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kolkata'];
const times = fc.record({
  kind: fc.constant('weekly' as const),
  days: fc.uniqueArray(fc.constantFrom(...names), { minLength: 1 }),
  start: fc.tuple(fc.nat(23), fc.nat(59)).map((parts) => parts.map((part) => String(part).padStart(2, '0')).join(':')),
  durationMinutes: fc.integer({ min: 1, max: 7 * 1440 }),
  timeZone: fc.constantFrom(...zones),
});

test('the page foresees exactly the stretch that the server silences, over changes of the clocks too', () => {
  const moment = fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2027, 11, 31) });
  fc.assert(
    fc.property(times, moment, (window, nowMs) => {
      const next = currentOrNext(window, nowMs);
      const [first, second] = occurrencesOf(window, nowMs, 2);
      assert.deepEqual(first, next);
      assert.ok(first !== undefined && second !== undefined && second.fromMs > first.fromMs);
    }),
    { numRuns: 300 },
  );
});

test('one that was planned once comes once; of a zone that nobody knows nothing is foreseen', () => {
  const once: WindowTimes = { kind: 'once', fromMs: 1000, toMs: 2000 };
  assert.deepEqual(occurrencesOf(once, 1999, 3), [{ fromMs: 1000, toMs: 2000 }]);
  assert.deepEqual(occurrencesOf(once, 2000, 3), []);
  const nowhere = {
    kind: 'weekly',
    days: names,
    start: '02:00',
    durationMinutes: 60,
    timeZone: 'Mars/Olympus',
  } as const;
  assert.deepEqual(occurrencesOf({ ...nowhere, days: [...names] }, 0, 3), []);
});

test('an hour that the clocks skip is taken after it, one that comes twice is the first', () => {
  const at = (start: string, nowMs: number) =>
    occurrencesOf(
      { kind: 'weekly', days: ['sun'], start, durationMinutes: 60, timeZone: 'Europe/Berlin' },
      nowMs,
      1,
    )[0];
  assert.equal(at('02:30', Date.UTC(2026, 2, 28))?.fromMs, Date.UTC(2026, 2, 29, 1, 30));
  assert.equal(at('02:30', Date.UTC(2026, 9, 24))?.fromMs, Date.UTC(2026, 9, 25, 0, 30));
});

test('days read like English', () => {
  assert.equal(daysWords([...names]), 'every day');
  assert.equal(daysWords(['mon', 'tue', 'wed', 'thu', 'fri']), 'Monday to Friday');
  assert.equal(daysWords(['sun', 'sat']), 'Saturday and Sunday');
  assert.equal(daysWords(['wed']), 'Wednesday');
});
