import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keepNewest } from '../../../src/runtime/keep-newest.ts';

test('a bounded map keeps what was set last', () => {
  const map = new Map([1, 2, 3, 4].map((key) => [key, 'value']));
  keepNewest(map, 4);
  assert.deepEqual([...map.keys()], [1, 2, 3, 4]);
  keepNewest(map, 2);
  assert.deepEqual([...map.keys()], [3, 4]);
  keepNewest(map, 0);
  assert.equal(map.size, 0);
});
