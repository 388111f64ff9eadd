import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  cutOf,
  extentOf,
  placeOf,
  ticksOf,
  whatIsAt,
} from '../../../../../../src/web/pages/backup/set/timeline-scale.ts';
import { timeline } from '../../../../../pages/backup-fixture-data.ts';

const now = Date.UTC(2026, 10, 21, 12);
const hour = 3_600_000;
const made = timeline(now);

test('the bar shows the window of any second, or everything from the oldest snapshot on', () => {
  const window = extentOf(made, 'window', now);
  const all = extentOf(made, 'all', now);
  assert.ok(window !== null && all !== null);
  assert.ok(window.fromMs < now - 25 * hour && window.fromMs > now - 26 * hour && window.toMs > now);
  assert.ok(all.fromMs < now - 150 * 24 * hour);
  assert.equal(extentOf({ spans: [], holes: [], snapshots: [] }, 'all', now), null);
  const onlySnapshots = extentOf({ ...made, spans: [], holes: [] }, 'window', now);
  assert.deepEqual(onlySnapshots, all);
});

test('stretches are cut at the edges of what is shown', () => {
  const extent = { fromMs: 100, toMs: 200 };
  assert.equal(placeOf(150, extent), 0.5);
  assert.deepEqual(cutOf({ fromMs: 0, toMs: 120 }, extent), { from: 0, to: 0.2 });
  assert.equal(cutOf({ fromMs: 200, toMs: 300 }, extent), null);
});

test('snapshots that would lie on each other are one tick', () => {
  const extent = extentOf(made, 'all', now);
  assert.ok(extent !== null);
  const ticks = ticksOf(made.snapshots, extent, 0.01);
  const places = ticks.map(({ place }) => place);
  assert.ok(places.every((place, at) => at === 0 || place - (places[at - 1] ?? 0) >= 0.01));
  assert.equal(
    ticks.reduce((sum, { snapshots }) => sum + snapshots.length, 0),
    made.snapshots.length,
  );
  assert.ok(ticks.length < made.snapshots.length);
});

test('a second of a span, a snapshot near the cursor, a hole with its reason, and what lies outside', () => {
  assert.deepEqual(whatIsAt(made, now - 3 * hour, 0), { kind: 'second' });
  assert.equal(whatIsAt(made, now - 8.5 * hour, 0).kind, 'hole');
  const near = whatIsAt(made, now - 8 * hour + 60_000, 120_000);
  assert.equal(near.kind === 'snapshot' && near.snapshot.id, 's2');
  assert.equal(whatIsAt(made, now - 40 * hour, 0).kind, 'before');
  assert.equal(whatIsAt(made, now + 1000, 0).kind, 'after');
  assert.equal(whatIsAt({ spans: [], holes: [], snapshots: [] }, now, 0).kind, 'nothing');
});

test('the second in which a span begins belongs to it', () => {
  const fromMs = now - hour + 400;
  const spans = [{ fromMs, untilMs: now }];
  assert.equal(whatIsAt({ spans, holes: [], snapshots: [] }, now - hour, 0).kind, 'second');
});
