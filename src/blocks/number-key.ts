import { elementType } from '../model/bson-walk.ts';
import type { KeyBuffer } from './key-buffer.ts';

/**
 * All four number types in one order, by exact value: docs/formats/key.md. A number is written as the largest double that is
 * not above its magnitude, and, if that is not the number itself, as its decimal digits after it. Only an int64 or a decimal can
 * need digits, so at most 34 follow; the hundreds of digits of a double never do.
 */
const head = { nan: 0x10, minusInfinity: 0x20, negative: 0x30, zero: 0x40, positive: 0x50, infinity: 0x60 } as const;
const exact = 0;
const digitsFollow = 1;

/** Appends the key of the number at `start`; its length was checked before. */
export function appendNumber(out: KeyBuffer, bytes: Buffer, type: number, start: number): void {
  if (type === elementType.int32) return appendDouble(out, bytes.readInt32LE(start));
  if (type === elementType.double) return appendDouble(out, bytes.readDoubleLE(start));
  if (type === elementType.int64) return appendInt64(out, bytes, start);
  appendDecimal(out, bytes, start);
}

function appendDouble(out: KeyBuffer, value: number): void {
  if (value > 0 && value < Infinity) {
    out.byte(head.positive);
    out.double(value);
    out.byte(exact);
  } else if (value === 0) out.byte(head.zero);
  else if (value < 0 && value > -Infinity) {
    out.byte(head.negative);
    const from = out.length;
    out.double(-value);
    out.byte(exact);
    out.invertFrom(from);
  } else if (Number.isNaN(value)) out.byte(head.nan);
  else out.byte(value > 0 ? head.infinity : head.minusInfinity);
}

function appendInt64(out: KeyBuffer, bytes: Buffer, start: number): void {
  const high = bytes.readInt32LE(start + 4);
  if (high >= -0x20_0000 && high < 0x20_0000) return appendDouble(out, high * 2 ** 32 + bytes.readUInt32LE(start));
  const value = bytes.readBigInt64LE(start);
  appendDigits(out, value < 0n, value < 0n ? -value : value, 0);
}

/** Decimal128 in the binary encoding of IEEE 754-2008. */
function appendDecimal(out: KeyBuffer, bytes: Buffer, start: number): void {
  const high = bytes.readBigUInt64LE(start + 8);
  const negative = high >> 63n === 1n;
  const combination = Number((high >> 58n) & 31n);
  if (combination === 31) return out.byte(head.nan);
  if (combination === 30) return out.byte(negative ? head.minusInfinity : head.infinity);
  const coefficient = ((high & 0x1_ffff_ffff_ffffn) << 64n) | bytes.readBigUInt64LE(start);
  // A coefficient of more than 34 digits (always so when the combination begins with 11) counts as zero in IEEE 754.
  if (coefficient === 0n || coefficient >= power10(34) || combination >= 24) return out.byte(head.zero);
  appendDigits(out, negative, coefficient, Number((high >> 49n) & 0x3fffn) - 6176);
}

/** coefficient × 10^exponent, coefficient > 0. */
function appendDigits(out: KeyBuffer, negative: boolean, coefficient: bigint, exponent: number): void {
  out.byte(negative ? head.negative : head.positive);
  const from = out.length;
  const digits = coefficient.toString();
  const leading = exponent + digits.length - 1;
  const below = largestDoubleNotAbove(coefficient, exponent, leading);
  out.double(below.value);
  out.byte(below.isExact ? exact : digitsFollow);
  if (!below.isExact) {
    out.uint16(leading + 0x8000);
    let count = digits.length;
    while (digits.charCodeAt(count - 1) === 48) count--;
    for (let at = 0; at < count; at += 2)
      out.byte(1 + digit(digits, at) * 10 + (at + 1 < count ? digit(digits, at + 1) : 0));
    out.byte(0);
  }
  if (negative) out.invertFrom(from);
}

function digit(digits: string, at: number): number {
  return digits.charCodeAt(at) - 48;
}

function largestDoubleNotAbove(
  coefficient: bigint,
  exponent: number,
  leading: number,
): { value: number; isExact: boolean } {
  if (leading > 308) return { value: Number.MAX_VALUE, isExact: false };
  if (leading < -324) return { value: 0, isExact: false };
  const numerator = exponent > 0 ? coefficient * power10(exponent) : coefficient;
  const denominator = exponent < 0 ? power10(-exponent) : 1n;
  // The quotient gets 53 or 54 bits, fewer below the smallest normal double: its last bit is worth 2^scale.
  let scale = Math.max(bitLength(numerator) - bitLength(denominator) - 53, -1074);
  let quotient = divide(numerator, denominator, scale);
  if (bitLength(quotient.whole) > 53) quotient = divide(numerator, denominator, ++scale);
  if (scale > 971) return { value: Number.MAX_VALUE, isExact: false };
  return { value: timesPower2(Number(quotient.whole), scale), isExact: quotient.isExact };
}

function divide(numerator: bigint, denominator: bigint, scale: number): { whole: bigint; isExact: boolean } {
  const dividend = scale < 0 ? numerator << BigInt(-scale) : numerator;
  const divisor = scale > 0 ? denominator << BigInt(scale) : denominator;
  const whole = dividend / divisor;
  return { whole, isExact: whole * divisor === dividend };
}

/** In two steps, because 2^-1074 times a large factor is exact but 2^1023 is the largest power there is. */
function timesPower2(value: number, scale: number): number {
  const half = Math.trunc(scale / 2);
  return value * 2 ** half * 2 ** (scale - half);
}

function bitLength(value: bigint): number {
  if (value === 0n) return 0;
  const hex = value.toString(16);
  return hex.length * 4 - (Math.clz32(Number.parseInt(hex.charAt(0), 16)) - 28);
}

const powers = new Map<number, bigint>();

function power10(exponent: number): bigint {
  const known = powers.get(exponent);
  if (known !== undefined) return known;
  const power = 10n ** BigInt(exponent);
  powers.set(exponent, power);
  return power;
}
