import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reportedBy } from '../../../src/model/reported-metrics.ts';

test('a host has a metric when it reports what the metric is computed from', () => {
  const has = reportedBy(['a.b', 'a.c', 'disks.sda.reads', 'disks.sda.part.reads']);
  assert.equal(has({ raw: 'a.b' }), true);
  assert.equal(has({ raw: 'a' }), false);
  assert.equal(has({ scaled: { raw: 'a.b' }, factor: 2 }), true);
  assert.equal(has({ sum: [{ raw: 'x' }, { raw: 'a.c' }] }), true);
  assert.equal(has({ sum: [{ raw: 'x' }] }), false);
  assert.equal(has({ firstOf: [{ raw: 'x' }, { raw: 'a.c' }] }), true);
  assert.equal(has({ ratio: [{ raw: 'a.b' }, { raw: 'x' }] }), false);
  assert.equal(has({ difference: [{ raw: 'a.b' }, { raw: 'a.c' }] }), true);
});

test('a star stands for one part of a name', () => {
  const has = reportedBy(['disks.sda.reads', 'other.part.x.reads']);
  assert.equal(has({ match: 'disks.*.reads', each: true }), true);
  assert.equal(has({ match: 'disks.*.writes' }), false);
  assert.equal(has({ match: 'other.*.reads' }), false);
  assert.equal(has({ match: 'disks.sda*.reads' }), false);
});
