import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fitsWords } from '../../../../src/web/components/fits-words.ts';

test('a text fits when it holds every word, in any order and case', () => {
  const fits = fitsWords('  Lagging CHECK ');
  assert.ok(fits('checkout-3.example.net lagging'));
  assert.ok(!fits('checkout-1.example.net healthy'));
});

test('nothing typed lets every text through', () => {
  assert.ok(fitsWords(' ')('') && fitsWords('')('anything'));
});
