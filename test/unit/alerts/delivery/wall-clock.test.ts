import assert from 'node:assert/strict';
import { test } from 'node:test';
import { activeWindows, placesIn, windowOver } from '../../../../src/alerts/delivery/maintenance.ts';
import { currentOrNext, quietUntil } from '../../../../src/alerts/delivery/wall-clock.ts';
import type { WindowTimes } from '../../../../src/wire/api/notifiers.ts';
import { hostView, member, setReport, snapshot } from '../../../support/alert-snapshots.ts';

const utc = (text: string): number => Date.parse(`${text}Z`);
const asText = (ms: number | undefined): string | undefined =>
  ms === undefined ? undefined : new Date(ms).toISOString().slice(0, 16);

test('quiet hours end at their time of day in their zone, over midnight and over a change of the clocks', () => {
  const night = { start: '22:00', end: '07:00', timeZone: 'Europe/Berlin' };
  const cases: readonly (readonly [string, string | undefined])[] = [
    ['2026-11-21T20:59', undefined],
    ['2026-11-21T21:00', '2026-11-22T06:00'],
    ['2026-11-22T05:59', '2026-11-22T06:00'],
    ['2026-11-22T06:00', undefined],
    // Summer: an hour earlier in UTC.
    ['2026-07-01T20:00', '2026-07-02T05:00'],
    // The night in which an hour comes twice (25 October): it ends at seven by the clock on the wall.
    ['2026-10-24T20:30', '2026-10-25T06:00'],
  ];
  for (const [at, end] of cases) assert.equal(asText(quietUntil(night, utc(at))), end, at);
  const noon = { start: '12:00', end: '13:30', timeZone: 'UTC' };
  assert.equal(asText(quietUntil(noon, utc('2026-11-21T12:10'))), '2026-11-21T13:30');
  assert.equal(quietUntil(noon, utc('2026-11-21T13:30')), undefined);
});

test('a weekly window is on in its stretches; the next one is named; what happened once is over', () => {
  const patches: WindowTimes = {
    kind: 'weekly',
    days: ['sat', 'sun'],
    start: '23:00',
    durationMinutes: 180,
    timeZone: 'America/New_York',
  };
  const span = (times: WindowTimes, at: string) => {
    const found = currentOrNext(times, utc(at));
    return found === undefined ? undefined : [asText(found.fromMs), asText(found.toMs)];
  };
  // 21 November 2026 is a Saturday.
  assert.deepEqual(span(patches, '2026-11-22T03:59'), ['2026-11-22T04:00', '2026-11-22T07:00']);
  assert.deepEqual(span(patches, '2026-11-22T06:59'), ['2026-11-22T04:00', '2026-11-22T07:00']);
  assert.deepEqual(span(patches, '2026-11-22T07:00'), ['2026-11-23T04:00', '2026-11-23T07:00']);
  assert.deepEqual(span(patches, '2026-11-23T07:00'), ['2026-11-29T04:00', '2026-11-29T07:00']);
  const week: WindowTimes = { ...patches, days: ['mon'], durationMinutes: 7 * 1440 };
  assert.deepEqual(span(week, '2026-11-22T12:00'), ['2026-11-17T04:00', '2026-11-24T04:00']);
  const once: WindowTimes = { kind: 'once', fromMs: utc('2026-11-21T10:00'), toMs: utc('2026-11-21T11:00') };
  assert.deepEqual(span(once, '2026-11-20T00:00'), ['2026-11-21T10:00', '2026-11-21T11:00']);
  assert.equal(span(once, '2026-11-21T11:00'), undefined);
});

test('a window holds for what any of its target names: the host, its set, its tags, or the whole group', () => {
  const world = snapshot({
    hosts: [
      { ...hostView('checkout-1'), tags: ['shop'] },
      { ...hostView('billing-1', { replicaSetId: 'bbb' }), tags: ['money'] },
    ],
    sets: [
      setReport([member('checkout-1')]),
      setReport([member('billing-1')], { replicaSetId: 'bbb', name: 'billing' }),
    ],
  });
  const placeOf = placesIn(world);
  const host = placeOf({ kind: 'host', id: 'h_checkout-1', label: 'checkout-1:27017' });
  const set = placeOf({ kind: 'set', id: 'bbb', label: 'billing' });
  const group = placeOf({ kind: 'group', id: 'g_1', label: 'Shop' });
  const holds = (target: Partial<Record<'hosts' | 'sets' | 'tags', string[]>>) => {
    const whole = { hosts: [], sets: [], tags: [], ...target };
    const times = { kind: 'once', fromMs: 0, toMs: 100 } as const;
    const record = { id: 'mw_1', name: 'x', enabled: true, times, target: whole, createdBy: 'eve', createdAtMs: 0 };
    const windows = activeWindows([record, { ...record, id: 'mw_2', enabled: false }], 50);
    return [host, set, group].map((place) => windowOver(place, windows) !== undefined);
  };
  assert.deepEqual(holds({}), [true, true, true]);
  assert.deepEqual(holds({ hosts: ['h_checkout-1'] }), [true, false, false]);
  assert.deepEqual(holds({ sets: ['aaa'] }), [true, false, false]);
  assert.deepEqual(holds({ sets: ['billing'] }), [false, true, false]);
  assert.deepEqual(holds({ tags: ['money', 'other'] }), [false, true, false]);
  assert.deepEqual(holds({ hosts: ['h_billing-1'], tags: ['shop'] }), [true, true, false]);
  assert.deepEqual(holds({ tags: ['none'] }), [false, false, false]);
});
