import assert from 'node:assert/strict';
import { test } from 'node:test';
import { peFacts, withoutAuthenticode } from '../../../build/pe/authenticode.ts';

const optionalAt = 64 + 24;

/** Headers of a PE32+ program of 1,001 bytes, followed by a signature of 48. */
function program({ signed }: { signed: boolean }): Buffer {
  const file = Buffer.alloc(1001, 7);
  file.fill(0, 0, optionalAt + 240);
  file.write('MZ', 'latin1');
  file.writeUInt32LE(64, 60);
  file.write('PE\0\0', 64, 'latin1');
  file.writeUInt16LE(0x8664, 68);
  file.writeUInt16LE(0x20b, optionalAt);
  file.writeUInt16LE(3, optionalAt + 68);
  if (!signed) return file;
  file.writeUInt32LE(1001, optionalAt + 144);
  file.writeUInt32LE(48, optionalAt + 148);
  return Buffer.concat([file, Buffer.alloc(48, 'signature')]);
}

test('the signature goes, the program stays', () => {
  const signed = program({ signed: true });
  assert.deepEqual(peFacts(signed), { signed: true, subsystem: 3, machine: 0x8664 });
  const bare = withoutAuthenticode(signed);
  assert.deepEqual(peFacts(bare), { signed: false, subsystem: 3, machine: 0x8664 });
  assert.ok(bare.equals(withoutAuthenticode(program({ signed: false }))));
});

test('the checksum is that of the words and the length', () => {
  const bare = withoutAuthenticode(program({ signed: true }));
  const checksum = bare.readUInt32LE(optionalAt + 64);
  bare.writeUInt32LE(0, optionalAt + 64);
  // By the definition, in one number that is folded at the end.
  let sum = 0;
  for (const [at, byte] of bare.entries()) sum += byte * (at % 2 === 0 ? 1 : 256);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  assert.equal(checksum, sum + bare.length);
  assert.ok(withoutAuthenticode(withoutAuthenticode(bare)).equals(withoutAuthenticode(bare)));
});

test('a signature in the middle, or another kind of file, is refused', () => {
  assert.throws(
    () => withoutAuthenticode(Buffer.concat([program({ signed: true }), Buffer.alloc(64)])),
    /not the last part/,
  );
  assert.throws(() => withoutAuthenticode(Buffer.alloc(2000)), /not a PE file/);
});
