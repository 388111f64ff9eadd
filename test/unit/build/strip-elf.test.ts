import assert from 'node:assert/strict';
import { test } from 'node:test';
import { elfSectionNames, stripElf } from '../../../build/elf/strip-elf.ts';

const code = Buffer.from('what the program is made of');
const symbols = Buffer.alloc(4096, 'symbols');

interface Part {
  readonly name: string;
  readonly type: number;
  readonly flags: number;
  readonly bytes: Buffer;
  readonly link?: number;
}

/** An ELF file with one segment that holds the first section. */
function elf(parts: readonly Part[]): Buffer {
  const names = Buffer.from(`\0${[...parts.map(({ name }) => name), '.shstrtab'].join('\0')}\0`);
  const all = [...parts, { name: '.shstrtab', type: 3, flags: 0, bytes: names }];
  const headers = Buffer.alloc((all.length + 1) * 64);
  let offset = 64 + 56;
  const bodies: Buffer[] = [];
  for (const [index, part] of all.entries()) {
    const header = headers.subarray((index + 1) * 64);
    header.writeUInt32LE(names.indexOf(`${part.name}\0`), 0);
    header.writeUInt32LE(part.type, 4);
    header.writeBigUInt64LE(BigInt(part.flags), 8);
    header.writeBigUInt64LE(BigInt(offset), 24);
    header.writeBigUInt64LE(BigInt(part.bytes.length), 32);
    header.writeUInt32LE('link' in part ? (part.link ?? 0) : 0, 40);
    bodies.push(part.bytes);
    offset += part.bytes.length;
  }
  const head = Buffer.alloc(64 + 56);
  head.write('\x7fELF\x02\x01\x01', 'latin1');
  head.writeBigUInt64LE(64n, 32);
  head.writeBigUInt64LE(BigInt(offset), 40);
  head.writeUInt16LE(56, 54);
  head.writeUInt16LE(1, 56);
  head.writeUInt16LE(all.length + 1, 60);
  head.writeUInt16LE(all.length, 62);
  head.writeUInt32LE(1, 64);
  head.writeBigUInt64LE(BigInt(64 + 56 + (parts[0]?.bytes.length ?? 0)), 64 + 32);
  return Buffer.concat([head, ...bodies, headers]);
}

const file = elf([
  { name: '.dynstr', type: 3, flags: 2, bytes: Buffer.from('\0malloc\0') },
  { name: '.symtab', type: 2, flags: 0, bytes: symbols },
  { name: '.text', type: 1, flags: 6, bytes: code, link: 1 },
  { name: '.comment', type: 1, flags: 0x30, bytes: Buffer.from('GCC 14') },
  { name: '.debug_info', type: 1, flags: 0, bytes: symbols },
]);

test('what is loaded stays where it is, the rest is gone', () => {
  const stripped = stripElf(file);
  assert.deepEqual(elfSectionNames(stripped), ['', '.dynstr', '.text', '.shstrtab']);
  assert.ok(stripped.length < file.length - symbols.length);
  assert.equal(stripped.indexOf(code), file.indexOf(code));
  assert.ok(!stripped.includes('GCC 14'));
});

test('links between sections follow to the new numbers', () => {
  const stripped = stripElf(file);
  const table = Number(stripped.readBigUInt64LE(40));
  assert.equal(stripped.readUInt32LE(table + 2 * 64 + 40), 1);
});

test('stripping again changes nothing', () => {
  const stripped = stripElf(file);
  assert.ok(stripElf(stripped).equals(stripped));
});

test('another file is refused', () => {
  assert.throws(() => stripElf(Buffer.from('MZ')), /not a 64-bit/);
  assert.throws(() => stripElf(file.subarray(0, file.length - 10)), /cut off/);
});
