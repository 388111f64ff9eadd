import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { errorsPage, renderErrorsPage } from '../../../build/docs-errors.ts';
import { errorKinds } from '../../../src/runtime/error-codes.ts';

test('docs/errors.md is what the table of error codes says ("make docs" writes it)', () => {
  assert.equal(readFileSync(errorsPage, 'utf8'), renderErrorsPage());
});

test('every hint is a sentence, and every status is one that exists', () => {
  for (const [code, { exit, http, hint }] of Object.entries(errorKinds)) {
    assert.match(hint, /^\S.*\.$/, code);
    assert.ok(exit >= 1 && exit <= 125, code);
    assert.ok(http >= 400 && http <= 599, code);
  }
});
