import assert from 'node:assert/strict';
import { test } from 'node:test';
import { closest } from '../../../src/runtime/closest.ts';

const known = ['server', 'serverUrl', 'admin', 'up'];

test('finds the word that is at most two edits away, the nearest first', () => {
  assert.equal(closest('servr', known), 'server');
  assert.equal(closest('serverURI', known), 'serverUrl');
  assert.equal(closest('ADMIN', known), 'admin');
});

test('does not guess when nothing is near, nor short words from nothing', () => {
  assert.equal(closest('database', known), undefined);
  assert.equal(closest('x', known), undefined);
});
