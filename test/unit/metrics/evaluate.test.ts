import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evaluate, type LeafLookup } from '../../../src/metrics/evaluate.ts';
import { bindMetrics } from '../../../src/metrics/metric-request.ts';
import type { MetricSource } from '../../../src/model/metric.ts';

const none = Number.NaN;
const columns = new Map([
  ['a', [1, 2, none]],
  ['b', [10, none, 30]],
  ['zero', [0, 0, 0]],
]);
const lookup: LeafLookup = (name) => {
  const values = columns.get(name);
  return values === undefined ? undefined : { kind: 'gauge', values: Float64Array.from(values) };
};
const compute = (source: MetricSource) => {
  const values = evaluate(source, 3, lookup);
  return values === undefined ? undefined : [...values];
};
const [a, b, zero, missing] = ['a', 'b', 'zero', 'missing'].map((raw) => ({ raw })) as [
  MetricSource,
  MetricSource,
  MetricSource,
  MetricSource,
];

test('parts of a sum that are not there count as nothing, unless there are none', () => {
  assert.deepEqual(compute({ sum: [a, b] }), [11, 2, 30]);
  assert.deepEqual(compute({ sum: [a, missing] }), [1, 2, none]);
  assert.equal(compute({ sum: [missing, missing] }), undefined);
});

test('a ratio has no value where nothing was counted', () => {
  assert.deepEqual(compute({ ratio: [a, b], scale: 100 }), [10, none, none]);
  assert.deepEqual(compute({ ratio: [a, zero] }), [none, none, none]);
  assert.equal(compute({ ratio: [a, missing] }), undefined);
});

test('differences, factors and the first that is there', () => {
  assert.deepEqual(compute({ difference: [b, a] }), [9, none, none]);
  assert.deepEqual(compute({ scaled: a, factor: -0.5 }), [-0.5, -1, none]);
  assert.deepEqual(compute({ firstOf: [missing, b, a] }), [10, none, 30]);
});

test('families become a series for each match, bound to the same matched parts', () => {
  const rawNames = ['sda', 'nvme0n1'].flatMap((disk) =>
    ['reads', 'read_time_ms'].map((field) => `systemMetrics.disks.${disk}.${field}`),
  );
  const bound = bindMetrics(
    ['disk.readLatency', 'disk.readLatency:sda', 'disk.readLatency:none', 'x.y'],
    () => rawNames,
  );
  assert.deepEqual(
    bound.map(({ name }) => name),
    ['disk.readLatency:nvme0n1', 'disk.readLatency:sda', 'disk.readLatency:sda', 'x.y'],
  );
  const text = JSON.stringify(bound[0]?.source);
  assert.match(text, /nvme0n1\.reads/);
  assert.doesNotMatch(text, /sda/);
});
