import assert from 'node:assert/strict';
import { test } from 'node:test';
import { base32, otpauthUrl, stepOfCode, totpCode, totpStep } from '../../../../src/server/access/totp.ts';

/** RFC 6238, appendix B: the rows for SHA-1. */
const secret = Buffer.from('12345678901234567890');
const vectors: readonly (readonly [seconds: number, code: string])[] = [
  [59, '94287082'],
  [1111111109, '07081804'],
  [1111111111, '14050471'],
  [1234567890, '89005924'],
  [2000000000, '69279037'],
  [20000000000, '65353130'],
];

test('codes are those of RFC 6238', () => {
  for (const [seconds, code] of vectors) {
    const step = totpStep(seconds * 1000);
    assert.equal(totpCode(secret, step, 8), code);
    assert.equal(totpCode(secret, step), code.slice(2), 'six digits are the last six');
  }
});

test('a code counts one step before and after its own, no further', () => {
  const code = totpCode(secret, 1000);
  for (const [offset, expected] of [
    [-2, undefined],
    [-1, 1000],
    [0, 1000],
    [1, 1000],
    [2, undefined],
  ] as const) {
    assert.equal(stepOfCode(secret, code, (1000 + offset) * 30_000), expected, `${offset} steps`);
  }
});

test('secrets are written as RFC 4648 says, and as apps read them', () => {
  const rows = [
    ['', ''],
    ['f', 'MY'],
    ['fo', 'MZXQ'],
    ['foo', 'MZXW6'],
    ['foob', 'MZXW6YQ'],
    ['fooba', 'MZXW6YTB'],
    ['foobar', 'MZXW6YTBOI'],
  ] as const;
  for (const [plain, encoded] of rows) assert.equal(base32(Buffer.from(plain)), encoded);
  const url = new URL(otpauthUrl(secret, 'Leafward mon.example.net', 'ann+x@example.net'));
  assert.equal(url.protocol, 'otpauth:');
  assert.equal(decodeURIComponent(url.pathname), '/Leafward mon.example.net:ann+x@example.net');
  assert.equal(url.searchParams.get('secret'), base32(secret));
  assert.ok(!url.search.includes('+'), 'apps read a plus as a plus');
});
