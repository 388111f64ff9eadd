import assert from 'node:assert/strict';
import { randomFillSync } from 'node:crypto';
import { test } from 'node:test';
import { signAdhoc } from '../../../build/macho/adhoc-sign.ts';
import { checkSignature } from '../../../build/macho/check-signature.ts';
import { fc } from '../../support/properties.ts';

const textBytes = 16_384;

/** `__TEXT` with one section behind the load commands, then `__LINKEDIT`, as --build-sea leaves a program. */
function machO({ linkEditBytes = 5001, firstSectionAt = 1024 } = {}): Buffer {
  const file = randomFillSync(Buffer.alloc(textBytes + linkEditBytes));
  file.fill(0, 0, firstSectionAt);
  file.writeUInt32LE(0xfeedfacf, 0);
  file.writeUInt32LE(2, 16);
  file.writeUInt32LE(152 + 72, 20);
  segment(file, 32, { name: '__TEXT', size: 152, offset: 0, bytes: textBytes });
  file.writeUInt32LE(1, 32 + 64);
  file.writeUInt32LE(firstSectionAt, 32 + 72 + 48);
  segment(file, 32 + 152, { name: '__LINKEDIT', size: 72, offset: textBytes, bytes: linkEditBytes });
  return file;
}

function segment(file: Buffer, at: number, the: { name: string; size: number; offset: number; bytes: number }): void {
  file.writeUInt32LE(0x19, at);
  file.writeUInt32LE(the.size, at + 4);
  file.write(the.name, at + 8, 'latin1');
  file.writeBigUInt64LE(BigInt(the.offset), at + 40);
  file.writeBigUInt64LE(BigInt(the.bytes), at + 48);
}

test('a signed file has a hash for every page, an ad-hoc flag and the identifier', () => {
  for (const linkEditBytes of [1, 16, 4096, 5001, 40_000]) {
    const signed = signAdhoc(machO({ linkEditBytes }), 'leafward');
    const pages = Math.ceil((Math.ceil((textBytes + linkEditBytes) / 16) * 16) / 4096);
    assert.deepEqual(checkSignature(signed), { identifier: 'leafward', pages, adhoc: true });
  }
});

test('signing again gives the same bytes', () => {
  const signed = signAdhoc(machO(), 'leafward');
  assert.ok(signAdhoc(signed, 'leafward').equals(signed));
});

test('a change of any byte of the code, or of the hashes, is found', () => {
  const signed = signAdhoc(machO(), 'leafward');
  const directoryAt = signed.readUInt32LE(32 + 152 + 72 + 8) + 28;
  const hashesAt = directoryAt + signed.readUInt32BE(directoryAt + 16);
  const places = fc.oneof(fc.nat(textBytes + 5000), fc.integer({ min: hashesAt, max: hashesAt + 32 * 5 }));
  fc.assert(
    fc.property(places, (at) => {
      const changed = Buffer.from(signed);
      changed[at] = (changed[at] ?? 0) ^ 1;
      assert.throws(() => checkSignature(changed));
    }),
  );
});

test('what was cut off or has something behind it is refused', () => {
  const signed = signAdhoc(machO(), 'leafward');
  assert.throws(() => checkSignature(signed.subarray(0, -1)), /does not end where the file ends/);
  assert.throws(() => checkSignature(Buffer.concat([signed, Buffer.alloc(1)])), /does not end where the file ends/);
  assert.throws(() => checkSignature(machO()), /not signed/);
});

test('a file without room for the load command is refused', () => {
  assert.throws(() => signAdhoc(machO({ firstSectionAt: 32 + 152 + 72 }), 'leafward'), /no room/);
});
