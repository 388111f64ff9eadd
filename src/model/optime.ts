import { AppError } from '../runtime/errors.ts';

/**
 * A place in an oplog. `ts` is a BSON timestamp as one number: seconds since 1970 UTC in the high 32 bits, the ordinal of the
 * entry within its second in the low ones. `term` is the election term that it was written in.
 */
export interface Optime {
  readonly ts: bigint;
  readonly term: number;
}

/** `seconds:ordinal` of a timestamp, as MongoDB's shell shows it in parts and as flags and the API take it. */
export function timestampText(ts: bigint): string {
  return `${ts >> 32n}:${ts & 0xffff_ffffn}`;
}

const timestampPattern = /^(\d{1,10}):(\d{1,10})$/;

/** Reads `seconds:ordinal`. @throws INPUT_INVALID */
export function parseTimestamp(text: string): bigint {
  const match = timestampPattern.exec(text);
  const seconds = BigInt(match?.[1] ?? -1);
  const ordinal = BigInt(match?.[2] ?? -1);
  if (match === null || seconds > 0xffff_ffffn || ordinal > 0xffff_ffffn) {
    throw new AppError(
      'INPUT_INVALID',
      `"${text.slice(0, 40)}" is not an optime: expected seconds:ordinal, such as 1763719200:1`,
    );
  }
  return (seconds << 32n) | ordinal;
}

/** The last timestamp within the second of this time: `--at 10:00:00Z` includes every entry of that second. */
export function endOfSecond(timeMs: number): bigint {
  return (BigInt(Math.floor(timeMs / 1000)) << 32n) | 0xffff_ffffn;
}

/** Milliseconds since 1970 UTC of the second in which the timestamp lies. */
export function timestampMs(ts: bigint): number {
  return Number(ts >> 32n) * 1000;
}
