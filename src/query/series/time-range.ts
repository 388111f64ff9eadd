import { documentKey } from '../../blocks/document-key.ts';
import { elementType } from '../../model/bson-walk.ts';
import { isPlainObject } from '../operators.ts';
import { documentValue, isDocument, memberOf, type RawValue } from '../raw-value.ts';
import { documentOfElements } from './raw-document.ts';
import type { Series } from './series-fields.ts';

/** Milliseconds since 1970, both included; infinite where a filter does not say. */
export interface TimeRange {
  readonly fromMs: number;
  readonly untilMs: number;
}

const always: TimeRange = { fromMs: Number.NEGATIVE_INFINITY, untilMs: Number.POSITIVE_INFINITY };

/** The times outside of which nothing fits a filter (values as bson deserialises them). */
export function timesOf(filter: Readonly<Record<string, unknown>>, timeField: string): TimeRange {
  let range = always;
  for (const [name, condition] of Object.entries(filter)) {
    if (name === timeField) range = both(range, timesOfCondition(condition));
    if (name !== '$and' || !Array.isArray(condition)) continue;
    for (const one of condition) if (isPlainObject(one)) range = both(range, timesOf(one, timeField));
  }
  return range;
}

function timesOfCondition(condition: unknown): TimeRange {
  if (condition instanceof Date) return { fromMs: condition.getTime(), untilMs: condition.getTime() };
  if (!isPlainObject(condition)) return always;
  let { fromMs, untilMs } = always;
  for (const [name, value] of Object.entries(condition)) {
    if (!(value instanceof Date)) continue;
    const ms = value.getTime();
    if (name === '$gt') fromMs = Math.max(fromMs, ms + 1);
    if (name === '$gte' || name === '$eq') fromMs = Math.max(fromMs, ms);
    if (name === '$lt') untilMs = Math.min(untilMs, ms - 1);
    if (name === '$lte' || name === '$eq') untilMs = Math.min(untilMs, ms);
  }
  return { fromMs, untilMs };
}

function both(one: TimeRange, other: TimeRange): TimeRange {
  return { fromMs: Math.max(one.fromMs, other.fromMs), untilMs: Math.min(one.untilMs, other.untilMs) };
}

/** May a bucket hold measurements of these times? Its `control` says so; one without is looked at. */
export function mayHold(bucket: Buffer, { timeField }: Series, { fromMs, untilMs }: TimeRange): boolean {
  if (fromMs === always.fromMs && untilMs === always.untilMs) return true;
  const control = memberOf(documentValue(bucket), 'control');
  const min = dateAt(control, 'min', timeField);
  const max = dateAt(control, 'max', timeField);
  return (min === undefined || min <= untilMs) && (max === undefined || max >= fromMs);
}

function dateAt(control: RawValue | undefined, bound: string, timeField: string): number | undefined {
  if (control === undefined || !isDocument(control)) return undefined;
  const bounds = memberOf(control, bound);
  const found = bounds === undefined || !isDocument(bounds) ? undefined : memberOf(bounds, timeField);
  return found?.type === elementType.date ? Number(found.bytes.readBigInt64LE(found.start)) : undefined;
}

/** Keys between which the buckets of these times are; a null bound is none. */
export interface KeyRange {
  /** Exclusive. */
  readonly after: Buffer | null;
  /** Inclusive. */
  readonly until: Buffer | null;
}

const lastSecond = 2 ** 31 - 1;

/**
 * The `_id` of a bucket begins with the second at which its times may begin. Of times before 1970 and after 2038 it holds the lowest 32 bits
 * alone, so a range that is open at one end may be anywhere.
 */
export function bucketKeys({ maxSpanMs }: Series, { fromMs, untilMs }: TimeRange): KeyRange {
  const from = Math.floor((fromMs - (maxSpanMs ?? Number.POSITIVE_INFINITY)) / 1000) - 1;
  const until = Math.floor(untilMs / 1000) + 1;
  if (from < 0 || until < from || until > lastSecond) return { after: null, until: null };
  return { after: objectIdKey(from, 0x00), until: objectIdKey(until, 0xff) };
}

function objectIdKey(second: number, fill: number): Buffer {
  const bytes = Buffer.alloc(12, fill);
  bytes.writeUInt32BE(second);
  const value = { type: elementType.objectId, bytes, start: 0, end: 12 };
  return documentKey(documentOfElements([{ name: '_id', value }]));
}
