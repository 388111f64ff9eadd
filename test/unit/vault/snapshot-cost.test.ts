import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Growth, PointRun } from '../../../src/vault/ports.ts';
import { sizeOf } from '../../../src/vault/snapshot-cost.ts';

function run(kind: PointRun['kind'], entries: number, contentBytes: number, growth: Growth | null): PointRun {
  return {
    ...{ id: '', kind, lenient: kind === 'base', root: null, levels: 1, blocks: 1, storedBytes: 0 },
    ...{ entries, contentBytes, growth },
  };
}

test('deltas count what they add and remove, updates nothing', () => {
  const base = run('base', 100, 10_000, null);
  const updated = run('delta', 60, 4000, { added: 0, addedBytes: 0, removed: 0 });
  assert.deepEqual(sizeOf([base, updated]), { documents: 100, contentBytes: 10_000 });
  const inserted = run('delta', 70, 9000, { added: 50, addedBytes: 8000, removed: 0 });
  assert.deepEqual(sizeOf([base, updated, inserted]), { documents: 150, contentBytes: 18_000 });
  const deleted = run('delta', 75, 900, { added: 0, addedBytes: 0, removed: 75 });
  assert.deepEqual(sizeOf([base, inserted, deleted]), { documents: 75, contentBytes: 9000 });
});

test('a collection that was made since the last base is what its deltas say', () => {
  const inserted = run('delta', 10, 900, { added: 8, addedBytes: 800, removed: 0 });
  const gone = run('delta', 8, 80, { added: 0, addedBytes: 0, removed: 8 });
  assert.deepEqual(sizeOf([inserted]), { documents: 8, contentBytes: 800 });
  assert.deepEqual(sizeOf([inserted, gone]), { documents: 0, contentBytes: 0 });
});

test('where deltas do not tell, all counts without a base: a restore makes room for a capped collection by it', () => {
  const silent = run('delta', 159, 40_000, null);
  assert.deepEqual(sizeOf([silent]), { documents: 159, contentBytes: 40_000 });
  assert.deepEqual(sizeOf([run('base', 10, 1000, null), silent]), { documents: 10, contentBytes: 1000 });
});
