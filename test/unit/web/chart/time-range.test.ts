import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  fixRange,
  isSinceFirst,
  presets,
  readRange,
  resolveRange,
  shiftRange,
  shortestSpanMs,
  type TimeRange,
  writeRange,
  zoomOut,
  zoomTo,
} from '../../../../src/web/chart/time-range.ts';
import { fc } from '../../../support/properties.ts';

const now = Date.UTC(2026, 10, 21, 3, 0, 12);
const hour = 3_600_000;
const read = (query: string) => readRange(new URLSearchParams(query));
const write = (range: TimeRange, query = '') => {
  const params = new URLSearchParams(query);
  writeRange(params, range);
  return params.toString();
};

test('every preset survives the address and ends now, live', () => {
  for (const preset of presets) {
    const range = read(write({ kind: 'preset', id: preset.id }));
    assert.deepEqual(range, { kind: 'preset', id: preset.id });
    assert.deepEqual(resolveRange(range, now, null), { fromMs: now - preset.spanMs, toMs: now, live: true });
  }
});

test('a fixed range of whole seconds survives the address', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1_000_000, max: 1_900_000_000 }),
      fc.integer({ min: 20, max: 100_000_000 }),
      (from, span) => {
        const range: TimeRange = { kind: 'fixed', fromMs: from * 1000, toMs: (from + span) * 1000 };
        assert.deepEqual(read(write(range, 'range=1h&zone=local')), range);
      },
    ),
  );
});

test('times may be ISO with a zone or milliseconds', () => {
  const expected = { kind: 'fixed', fromMs: now - hour, toMs: now };
  assert.deepEqual(read(`from=${now - hour}&to=${now}`), expected);
  assert.deepEqual(read('from=2026-11-21T02:00:12Z&to=2026-11-21T04:00:12%2B01:00'), expected);
});

test('what makes no sense in an address is no choice', () => {
  for (const query of [
    '',
    'range=7y',
    'from=1&to=x',
    `from=${now}&to=${now - hour}`,
    'from=2026-11-21&to=',
    `from=0&to=${now * 5}`,
  ]) {
    assert.deepEqual(read(query), { kind: 'auto' }, query);
  }
});

test('without a choice a young host shows everything since its first sample, an old one the last day', () => {
  const young = now - 2 * hour;
  assert.equal(isSinceFirst({ kind: 'auto' }, now, young), true);
  assert.deepEqual(resolveRange({ kind: 'auto' }, now, young), { fromMs: young, toMs: now, live: true });
  assert.equal(resolveRange({ kind: 'auto' }, now, now - 10_000).fromMs, now - 60_000);
  assert.equal(resolveRange({ kind: 'auto' }, now, now - 90 * 24 * hour).fromMs, now - 24 * hour);
  assert.equal(isSinceFirst({ kind: 'preset', id: '6h' }, now, young), false);
});

test('a zoom contains what was dragged over, in either direction, and is never narrower than the shortest span', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e9 }), fc.integer({ min: 0, max: 1e9 }), (a, b) => {
      const range = zoomTo(now - a, now - b);
      assert.equal(range.kind, 'fixed');
      if (range.kind !== 'fixed') return;
      assert.ok(range.fromMs <= now - Math.max(a, b) && range.toMs >= now - Math.min(a, b));
      assert.ok(range.toMs - range.fromMs >= shortestSpanMs);
    }),
  );
});

test('zooming out of the newest hours becomes live again as soon as the span is a preset', () => {
  const window = { fromMs: now - 6 * hour, toMs: now - 3 * hour, live: false };
  const once = zoomOut(window, now);
  assert.deepEqual(once, { kind: 'fixed', fromMs: now - 7.5 * hour, toMs: now - 1.5 * hour });
  const half = { fromMs: now - 3 * hour, toMs: now, live: true };
  assert.deepEqual(zoomOut(half, now), { kind: 'preset', id: '6h' });
});

test('a shift never shows the future', () => {
  const window = { fromMs: now - 2 * hour, toMs: now - hour / 4, live: false };
  const shifted = shiftRange(window, 0.5, now);
  assert.deepEqual(shifted, { kind: 'fixed', fromMs: now - 1.75 * hour, toMs: now });
  const back = shiftRange(window, -0.5, now);
  assert.deepEqual(back, { kind: 'fixed', fromMs: now - 2.875 * hour, toMs: now - 1.125 * hour });
});

test('a link to a live window holds its times, widened to whole seconds', () => {
  assert.deepEqual(fixRange({ fromMs: 1500, toMs: 60_500, live: true }), { kind: 'fixed', fromMs: 1000, toMs: 61_000 });
});
