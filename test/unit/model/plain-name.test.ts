import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plainName } from '../../../src/model/plain-name.ts';

test('dots, percent signs and line ends in a name are given back, once', () => {
  assert.equal(plainName('local%2Eoplog%2Ers%2Estats.size'), 'local.oplog.rs.stats.size');
  assert.equal(plainName('collStats.shop.100%25 wool%0Asocks.size'), 'collStats.shop.100% wool\nsocks.size');
  assert.equal(plainName('a literal %252E'), 'a literal %2E');
  assert.equal(plainName('no escape: 5 % 2E %2e %41'), 'no escape: 5 % 2E %2e %41');
});
