import { fc } from '../../support/properties.ts';
import { element, rawDocument, rawValue } from './raw-bson.ts';

/** A BSON value as it stands in a document. */
export interface RawValue {
  readonly type: number;
  readonly bytes: Buffer;
}

const largest = 10n ** 34n - 1n;
const edges = [0n, 1n, 255n, 2n ** 31n, 2n ** 53n, 2n ** 55n, 2n ** 62n, 2n ** 63n - 1n];
const nearEdge = fc
  .tuple(fc.constantFrom(...edges), fc.bigInt(-3n, 3n), fc.boolean())
  .map(([edge, by, negative]) => (negative ? -(edge + by) : edge + by));
const int64 = fc.oneof(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), nearEdge).map((value) => BigInt.asIntN(64, value));
const double = fc.oneof(
  fc.double(),
  fc.integer({ min: -3, max: 3 }).map((value) => value / 2),
  fc.constantFrom(0, -0, NaN, Infinity, -Infinity, 0.1, 1e15 + 0.5, 2 ** 53, 2 ** 63, -(2 ** 63), 2 ** 64),
  fc.constantFrom(
    Number.MAX_VALUE,
    Number.MIN_VALUE,
    2 ** -1022,
    -Number.MAX_VALUE,
    -Number.MIN_VALUE,
    2 ** -1022 * 1.5,
  ),
);

/** Decimals near a double: all the digits that fit of it, one unit up and down, with and without trailing zeros. */
const nearDouble = fc.tuple(double, fc.bigInt(-2n, 2n), fc.integer({ min: 1, max: 34 })).map(([number, by, digits]) => {
  if (!Number.isFinite(number) || number === 0) return rawValue.decimal(false, 0n, 0);
  const { coefficient, exponent } = firstDigits(Math.abs(number), digits);
  const moved = coefficient + by;
  return rawValue.decimal(number < 0, moved < 0n ? -moved : moved, exponent);
});

/** The first digits of the exact decimal expansion of a double above zero, cut off, not rounded. */
function firstDigits(value: number, count: number): { coefficient: bigint; exponent: number } {
  const bits = Buffer.alloc(8);
  bits.writeDoubleBE(value);
  const power = Math.max((bits.readUInt16BE(0) >> 4) & 0x7ff, 1) - 1075;
  const fraction = bits.readBigUInt64BE() & (2n ** 52n - 1n);
  const significand = value < 2 ** -1022 ? fraction : fraction + 2n ** 52n;
  // m × 2^-p is m × 5^p × 10^-p.
  const text = String(power < 0 ? significand * 5n ** BigInt(-power) : significand << BigInt(power));
  const digits = text.slice(0, count);
  return { coefficient: BigInt(digits), exponent: Math.min(power, 0) + text.length - digits.length };
}

const anyDecimal = fc
  .tuple(
    fc.boolean(),
    fc.bigInt(0n, largest),
    fc.oneof(fc.integer({ min: -6176, max: 6111 }), fc.integer({ min: -40, max: 5 })),
  )
  .map(([negative, coefficient, exponent]) => rawValue.decimal(negative, coefficient, exponent));
const smallDecimal = fc
  .tuple(fc.boolean(), fc.bigInt(0n, 2000n), fc.integer({ min: -3, max: 3 }))
  .map(([negative, coefficient, exponent]) => rawValue.decimal(negative, coefficient, exponent));
const int64Decimal = int64.map((value) => rawValue.decimal(value < 0n, value < 0n ? -value : value, 0));
const oddDecimal = fc.constantFrom(
  rawValue.decimalBits(0x7c00n << 48n, 0n),
  rawValue.decimalBits(0xfc00n << 48n, 7n),
  rawValue.decimalBits(0x7e00n << 48n, 0n),
  rawValue.decimalBits(0x7800n << 48n, 0n),
  rawValue.decimalBits(0xf800n << 48n, 0n),
  rawValue.decimalBits(0xb040n << 48n, 0n),
  rawValue.decimalBits((0x6000n << 48n) | 5n, 1n),
  rawValue.decimalBits((0xe400n << 48n) | 5n, 1n),
  rawValue.decimalBits((0x3040n << 48n) | 0x1_ffff_ffff_ffffn, 5n),
  rawValue.decimal(false, largest + 1n, 0),
  rawValue.decimal(false, largest, 0),
  rawValue.decimal(false, 1n, -6176),
  rawValue.decimal(true, 1n, -6176),
  rawValue.decimal(false, largest, 6111),
  rawValue.decimal(true, largest, 6111),
  rawValue.decimal(false, 4_940_656_458_412_465n, -339),
  rawValue.decimal(false, 22_250_738_585_072_014n, -324),
);

const value = (type: number, bytes: Buffer): RawValue => ({ type, bytes });

export const numbers: fc.Arbitrary<RawValue> = fc.oneof(
  fc.oneof(fc.integer(), fc.integer({ min: -3, max: 3 })).map((number) => value(0x10, rawValue.int32(number))),
  int64.map((number) => value(0x12, rawValue.int64(number))),
  double.map((number) => value(0x01, rawValue.double(number))),
  fc.oneof(anyDecimal, smallDecimal, int64Decimal, nearDouble, oddDecimal).map((bytes) => value(0x13, bytes)),
);

const text: fc.Arbitrary<string | Uint8Array> = fc.oneof(
  fc.uint8Array({ maxLength: 3 }),
  fc.string({ maxLength: 6 }),
  fc.array(fc.constantFrom('a', '\0', '\x01', 'é', '\u{10ffff}'), { maxLength: 3 }).map((parts) => parts.join('')),
);
const word = fc.array(fc.constantFrom('a', 'b', '\x01', 'é'), { maxLength: 2 }).map((parts) => parts.join(''));
const oid = fc.uint8Array({ minLength: 12, maxLength: 12 });
const few = fc.constantFrom(Buffer.alloc(12), Buffer.alloc(12, 255), Buffer.from('0123456789ab'));

/** Allowed at the top of an `_id`: everything but array, regex and undefined. */
const scalars: fc.Arbitrary<RawValue> = fc.oneof(
  { arbitrary: numbers, weight: 6 },
  {
    arbitrary: fc
      .tuple(fc.constantFrom(0x02, 0x0e, 0x0d), text)
      .map(([type, string]) => value(type, rawValue.text(string))),
    weight: 3,
  },
  fc.constantFrom(0x0a, 0x7f, 0xff).map((type) => value(type, Buffer.alloc(0))),
  fc.oneof(oid, few).map((bytes) => value(0x07, Buffer.from(bytes))),
  fc.boolean().map((yes) => value(0x08, Buffer.from([yes ? 1 : 0]))),
  fc.tuple(fc.constantFrom(0x09, 0x11), int64).map(([type, number]) => value(type, rawValue.int64(number))),
  fc
    .tuple(
      fc.constantFrom(0, 3, 4, 5, 0x80, 255),
      fc.oneof(
        fc.uint8Array({ maxLength: 3 }),
        fc.uint8Array({ minLength: 16, maxLength: 16 }),
        fc.uint8Array({ minLength: 250, maxLength: 260 }),
      ),
    )
    .map(([subtype, bytes]) => value(0x05, rawValue.binary(subtype, bytes))),
  fc.tuple(word, fc.oneof(oid, few)).map(([namespace, id]) => value(0x0c, rawValue.dbPointer(namespace, id))),
);

const nestedOnly: fc.Arbitrary<RawValue> = fc.oneof(
  fc.constant(value(0x06, Buffer.alloc(0))),
  fc.tuple(word, fc.constantFrom('', 'i', 'im')).map(([pattern, flags]) => value(0x0b, rawValue.regex(pattern, flags))),
);

const { any } = fc.letrec<{ any: RawValue; object: RawValue; array: RawValue; scope: RawValue }>((tie) => ({
  any: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalars,
    nestedOnly,
    tie('object'),
    tie('array'),
    tie('scope'),
  ),
  object: fc.array(fc.tuple(word, tie('any')), { maxLength: 3 }).map((fields) => value(0x03, documentOf(fields))),
  // The names inside of an array are the indexes as a rule, but a server takes any.
  array: fc
    .array(fc.tuple(fc.constantFrom('0', '1', 'x', ''), tie('any')), { maxLength: 3 })
    .map((list) => value(0x04, documentOf(list))),
  scope: fc
    .tuple(text, fc.array(fc.tuple(word, tie('any')), { maxLength: 2 }))
    .map(([code, fields]) => value(0x0f, rawValue.codeWithScope(code, documentOf(fields)))),
}));

function documentOf(fields: readonly (readonly [string, RawValue])[]): Buffer {
  return rawDocument(...fields.map(([name, { type, bytes }]) => element(name, type, bytes)));
}

/** Every value that a server takes as `_id`. */
export const idValues: fc.Arbitrary<RawValue> = fc.oneof(
  { arbitrary: scalars, weight: 2 },
  { arbitrary: any.filter(({ type }) => ![0x04, 0x06, 0x0b].includes(type)), weight: 1 },
);

/** Every value that there is. */
export const anyValues: fc.Arbitrary<RawValue> = any;

export function documentWithId({ type, bytes }: RawValue): Buffer {
  return rawDocument(element('_id', type, bytes));
}
