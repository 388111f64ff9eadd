import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { newPassword } from '../../../../src/wire/api/access.ts';
import { isCommonPassword } from '../../../../src/wire/api/common-passwords.ts';

const taken = (password: string): boolean => newPassword.safeParse(password).success;

test('what everybody tries first is no new password', () => {
  for (const password of [
    'short',
    'aaaaaaaaaaaa',
    'abcabcabcabc',
    '123456789012',
    'qwertyuiop',
    'qwertyuiop1',
    '1q2w3e4r5t',
    'zaq12wsxcde3',
    'password123',
    'Passw0rd2026!',
    'P@ssword1234',
    'leafward2026',
    'Summer2026!!',
    'iloveyou1234',
    // Leaked often, and made of nothing that a rule could know.
    'homelesspa',
    'Butterfly1',
    'harrypotter',
    'fqrg7cs493',
  ]) {
    assert.equal(taken(password), false, password);
  }
});

test('any characters make a password, from ten to a thousand', () => {
  for (const password of [
    'correct horse battery staple',
    'a long password',
    'vK3#mPq9!xTz',
    'приветливый зонт',
    '雨が降る前に傘を買う人は少ない',
    'no digit and no capital needed',
    `${'long '.repeat(190)}and different`,
  ]) {
    assert.equal(taken(password), true, password);
  }
  for (let count = 0; count < 200; count++) {
    const password = randomBytes(12).toString('base64url');
    assert.equal(taken(password) || isCommonPassword(password), true, password);
  }
});
