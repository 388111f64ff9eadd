import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { BSON } from 'mongodb';
import { documentKey } from '../../../src/blocks/document-key.ts';
import { fc } from '../../support/properties.ts';
import { anyValues, documentWithId, numbers, type RawValue } from './id-values.ts';
import { rawValue } from './raw-bson.ts';

const keyOf = (value: RawValue): Buffer => documentKey(documentWithId(value));
const idKey = (id: unknown): Buffer => documentKey(Buffer.from(BSON.serialize({ _id: id })));
const decimal = (text: string) => BSON.Decimal128.fromString(text);
const long = (text: string) => BSON.Long.fromString(text);

/** The exact value of a number as numerator over 2^1074 × 10^6176, or what is not a number. */
function exactValue({ type, bytes }: RawValue): bigint | 'nan' | 'low' | 'high' {
  const unit = 10n ** 6176n;
  const ones = 2n ** 1074n;
  if (type === 0x10) return BigInt(bytes.readInt32LE()) * ones * unit;
  if (type === 0x12) return bytes.readBigInt64LE() * ones * unit;
  if (type === 0x01) {
    const value = bytes.readDoubleLE();
    if (Number.isNaN(value)) return 'nan';
    if (!Number.isFinite(value)) return value > 0 ? 'high' : 'low';
    const bits = bytes.readBigUInt64LE();
    const exponent = (bits >> 52n) & 0x7ffn;
    const fraction = bits & (2n ** 52n - 1n);
    const magnitude = exponent === 0n ? fraction : (fraction + 2n ** 52n) << (exponent - 1n);
    return (value < 0 ? -magnitude : magnitude) * unit;
  }
  const text = new BSON.Decimal128(new Uint8Array(bytes)).toString();
  if (text.includes('NaN')) return 'nan';
  if (text.includes('Inf')) return text.startsWith('-') ? 'low' : 'high';
  const parsed = /^(-?)(\d+)(?:\.(\d+))?(?:E([+-]\d+))?$/.exec(text);
  assert.ok(parsed, text);
  const magnitude = BigInt(`${parsed[2]}${parsed[3] ?? ''}`);
  const scaled = magnitude * 10n ** BigInt(Number(parsed[4] ?? 0) - (parsed[3]?.length ?? 0) + 6176) * ones;
  return parsed[1] === '-' ? -scaled : scaled;
}

function compareExact(left: RawValue, right: RawValue): number {
  const place = { nan: 0, low: 1, high: 3 };
  const [one, two] = [exactValue(left), exactValue(right)];
  if (typeof one === 'bigint' && typeof two === 'bigint') return one < two ? -1 : one > two ? 1 : 0;
  return Math.sign((typeof one === 'bigint' ? 2 : place[one]) - (typeof two === 'bigint' ? 2 : place[two]));
}

test('numbers of all types have the order and the equality of their exact values', () => {
  const canonical = numbers.filter(({ type, bytes }) => type !== 0x13 || isCanonical(bytes));
  fc.assert(
    fc.property(canonical, canonical, (left, right) => {
      assert.equal(Buffer.compare(keyOf(left), keyOf(right)), compareExact(left, right));
    }),
    { numRuns: 3000 },
  );
});

/** What the BSON library prints of a coefficient beyond 34 digits is not what a server takes it for (zero). */
function isCanonical(bytes: Buffer): boolean {
  const high = bytes.readBigUInt64LE(8);
  if ((high >> 59n) % 16n === 15n) return true;
  if ((high >> 61n) % 4n === 3n) return false;
  return ((high & 0x1_ffff_ffff_ffffn) << 64n) + bytes.readBigUInt64LE(0) < 10n ** 34n;
}

test('the borders between the number types', () => {
  const inOrder: unknown[] = [
    NaN,
    -Infinity,
    decimal('-9.999999999999999999999999999999999E+6144'),
    -Number.MAX_VALUE,
    long('-9223372036854775808'),
    long('-9007199254740993'),
    -(2 ** 53),
    -0.1,
    decimal('-0.1'),
    decimal('-1E-6176'),
    0,
    decimal('1E-6176'),
    Number.MIN_VALUE,
    decimal('0.1'),
    decimal('0.1000000000000000055511151231257827'),
    0.1,
    decimal('0.1000000000000000055511151231257828'),
    1,
    decimal('9007199254740992.5'),
    long('9007199254740993'),
    decimal('9007199254740993.000000001'),
    2 ** 53 + 2,
    long('9223372036854775807'),
    2 ** 63,
    decimal('9223372036854775808.000000000000001'),
    Number.MAX_VALUE,
    decimal('1.797693134862315708145274237317044E+308'),
    decimal('1E+309'),
    Infinity,
  ];
  const keys = inOrder.map(idKey);
  for (const [index, key] of keys.entries()) {
    const before = keys[index - 1];
    if (before !== undefined) assert.ok(Buffer.compare(before, key) < 0, `${inOrder[index - 1]} < ${inOrder[index]}`);
  }
});

test('values that are one _id have one key, also inside of objects and arrays', () => {
  const same: [unknown, unknown][] = [
    [1, long('1')],
    [1, decimal('1.00')],
    [new BSON.Double(1), 1],
    [0, new BSON.Double(-0)],
    [0, decimal('-0E+10')],
    [NaN, decimal('NaN')],
    [Infinity, decimal('Infinity')],
    [decimal('0.5'), 0.5],
    [decimal('9007199254740993'), long('9007199254740993')],
    ['a', new BSON.BSONSymbol('a')],
  ];
  for (const [left, right] of same) {
    assert.deepEqual(idKey(left), idKey(right));
    assert.deepEqual(idKey({ a: [left, { b: left }] }), idKey({ a: [right, { b: right }] }));
  }
});

test('in an object the type counts before the name, and the name before the value', () => {
  assert.ok(Buffer.compare(idKey({ b: 1 }), idKey({ a: 'x' })) < 0);
  assert.ok(Buffer.compare(idKey({ a: 2 }), idKey({ b: 1 })) < 0);
  assert.ok(Buffer.compare(idKey({ a: 1 }), idKey({ a: 1, b: undefined, c: null })) < 0);
  assert.ok(Buffer.compare(idKey({ a: 1, b: 2 }), idKey({ b: 2, a: 1 })) < 0);
});

test('no key is the beginning of another, so keys of parts can stand one after another', () => {
  fc.assert(
    fc.property(anyValues, anyValues, (left, right) => {
      const [one, two] = [keyOf(left), keyOf(right)];
      if (!one.equals(two)) assert.ok(!two.subarray(0, one.length).equals(one));
    }),
    { numRuns: 2000 },
  );
});

test('_id is found behind other fields; without one it is FORMAT_INVALID', () => {
  assert.deepEqual(documentKey(Buffer.from(BSON.serialize({ a: { _id: 1 }, _id: 2 }))), idKey(2));
  assert.throws(() => documentKey(Buffer.from(BSON.serialize({ a: { _id: 1 } }))), { code: 'FORMAT_INVALID' });
});

test('keys are those of the golden file', () => {
  const path = new URL('../../golden/blocks/keys-1.txt', import.meta.url);
  if (process.env['LEAFWARD_WRITE_GOLDEN'] === 'blocks') writeFileSync(path, goldenKeys());
  assert.ok(existsSync(path));
  const lines = readFileSync(path, 'utf8').trim().split('\n');
  assert.ok(lines.length > 100);
  for (const line of lines) {
    const [document = '', key] = line.split(' ');
    assert.equal(documentKey(Buffer.from(document, 'hex')).toString('hex'), key, line);
  }
});

function goldenKeys(): string {
  const made = [...fc.sample(anyValues, { seed: 1, numRuns: 150 }), ...fc.sample(numbers, { seed: 1, numRuns: 50 })];
  const values = [...made, { type: 0x13, bytes: rawValue.decimal(false, 1n, -1) }];
  return values.map((value) => `${documentWithId(value).toString('hex')} ${keyOf(value).toString('hex')}\n`).join('');
}
