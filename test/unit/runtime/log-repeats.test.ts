import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Repeats } from '../../../src/runtime/log-repeats.ts';

function make(): { readonly told: [string, number][]; readonly repeats: Repeats<string> } {
  const told: [string, number][] = [];
  return { told, repeats: new Repeats((event, times) => told.push([event, times])) };
}

test('five pass in ten seconds, the rest is told when the next of them comes after that', () => {
  const { told, repeats } = make();
  const passed = Array.from({ length: 100 }, (_, index) => repeats.pass('a', 'a', 1000 + index)).filter(Boolean);
  assert.equal(passed.length, 5);
  assert.deepEqual(told, []);
  assert.equal(repeats.pass('a', 'a', 11_000), true);
  assert.deepEqual(told, [['a', 95]]);
});

test('what is held back is told by itself when its ten seconds are over, and not before', () => {
  const { told, repeats } = make();
  for (let index = 0; index < 8; index++) repeats.pass('a', 'a', 1000);
  repeats.flush(false, 10_999);
  assert.deepEqual(told, []);
  repeats.flush(false, 11_000);
  repeats.flush(false, 30_000);
  assert.deepEqual(told, [['a', 3]]);
});

test('thousands of kinds of line take bounded memory, and no count of them is lost', () => {
  const { told, repeats } = make();
  for (let kind = 0; kind < 5000; kind++) {
    for (let index = 0; index < 7; index++) repeats.pass(`k${kind}`, `k${kind}`, 1000);
  }
  repeats.flush(true, 1000);
  assert.equal(told.length, 5000);
  assert.ok(told.every(([, times]) => times === 2));
});
