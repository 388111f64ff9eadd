import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import { combineCrc32 } from '../../../../src/server/downloads/crc32-combine.ts';
import { fc } from '../../../support/properties.ts';

test('the combined checksum is that of the bytes one after the other', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 5000 }), fc.uint8Array({ maxLength: 5000 }), (a, b) => {
      assert.equal(combineCrc32(crc32(a), crc32(b), b.length), crc32(Buffer.concat([a, b])));
    }),
  );
});

test('lengths beyond 32 bits combine as their parts do', () => {
  const zeros = crc32(Buffer.alloc(1));
  // 2^33 zeros, by doubling.
  let sum = zeros;
  for (let length = 1; length < 2 ** 33; length *= 2) sum = combineCrc32(sum, sum, length);
  const [a, b] = [crc32('a'), sum];
  const inTwoSteps = combineCrc32(combineCrc32(a, sum, 2 ** 33), zeros, 1);
  assert.equal(combineCrc32(a, combineCrc32(b, zeros, 1), 2 ** 33 + 1), inTwoSteps);
});
