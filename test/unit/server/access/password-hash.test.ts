import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '../../../../src/runtime/errors.ts';
import { hashPassword, verifyPassword } from '../../../../src/server/access/password-hash.ts';

test('a flood of passwords is checked a few at a time; beyond a bound they are told to come again, and then all is as before', async () => {
  const salt = Buffer.alloc(16).toString('base64').replace(/=+$/, '');
  const stored = `$argon2id$v=19$m=8,t=1,p=1$${salt}$${salt}`;
  const outcomes = await Promise.allSettled(
    Array.from({ length: 140 }, (_, i) => verifyPassword(`guess ${i}`, stored)),
  );
  const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
  assert.equal(refused.length, 140 - 102, 'two at work, a hundred wait');
  for (const { reason } of refused) {
    assert.ok(reason instanceof AppError && reason.code === 'TOO_MANY_ATTEMPTS' && reason.retryable);
    assert.equal(reason.details['retryAfterSeconds'], 2);
  }
  assert.ok(outcomes.every((outcome) => outcome.status === 'rejected' || outcome.value === false));
  assert.equal(await verifyPassword('correct horse', await hashPassword('correct horse')), true);
});

test('somebody who was right from there before goes ahead of a flood of strangers, and finds a place', async () => {
  const salt = Buffer.alloc(16).toString('base64').replace(/=+$/, '');
  const stored = `$argon2id$v=19$m=8,t=1,p=1$${salt}$${salt}`;
  const ended: string[] = [];
  const flood = Array.from({ length: 110 }, async () => {
    await verifyPassword('guess', stored).catch(() => undefined);
    ended.push('stranger');
  });
  const known = verifyPassword('guess', stored, true).then(() => ended.push('known'));
  await Promise.all([...flood, known]);
  const refused = 110 - 102;
  assert.ok(
    ended.indexOf('known') <= refused + 4,
    `${ended.indexOf('known')} ended before, ${refused} of them at once`,
  );
});
