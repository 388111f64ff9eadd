import { createHash } from 'node:crypto';
import { elementType } from '../../model/bson-walk.ts';
import { documentValue, elementsOf, memberOf } from '../../query/raw-value.ts';
import { type Series, seriesOf } from '../../query/series/series-fields.ts';
import { AppError } from '../../runtime/errors.ts';
import { exactValue } from '../exact-bson.ts';
import type { PlannedCollection } from '../plan.ts';
import { findRaw } from '../raw-find.ts';
import { type DocumentBatch, holdsEmptyTimestamp, insertRaw } from '../raw-insert.ts';
import { splitDocuments } from '../split-documents.ts';
import type { Target } from '../target.ts';
import type { LookUp } from './look-up.ts';
import type { RefusedDocument, WrittenBatch } from './refused-documents.ts';

const deadlineMs = 600_000;
const documentsAtOnce = 1000;
const usualSpanMs = 3_600_000;
/** Values of meta that one question names. */
const mostMetas = 500;

/**
 * What a measurement is known by: all of its fields, sorted by name. It has no key (an `_id` may stand in many), and its fields come back in
 * the order of its bucket.
 */
export function measurementKey(document: Buffer): string {
  const parts = [...elementsOf(documentValue(document))]
    .map(({ name, value }) => [Buffer.from(`${value.type} ${name}\0`), value.bytes.subarray(value.start, value.end)])
    .map((part) => Buffer.concat(part))
    .toSorted(Buffer.compare);
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('latin1');
}

/** How often the series of the target holds each of these measurements, by key. */
export function existingMeasurements(
  lookUp: LookUp,
  planned: PlannedCollection,
  documents: readonly Buffer[],
): Promise<Map<string, number>> {
  const series = seriesOfPlan(planned);
  const wanted = new Set(documents.map(measurementKey));
  return lookUp.target.attempt(async (signal) => {
    const found = new Map<string, number>();
    for (const filter of filtersFor(series, documents)) {
      const find = { ...lookUp, signal, documentsAtOnce };
      const command = { filter, readConcern: { level: lookUp.readConcern } };
      for await (const batch of findRaw(lookUp.target, { ...find, command })) {
        for (const document of splitDocuments(batch.bytes)) {
          const key = measurementKey(document);
          if (wanted.has(key)) found.set(key, (found.get(key) ?? 0) + 1);
        }
      }
    }
    return found;
  }, deadlineMs);
}

/**
 * Inserts measurements through the time-series collection. Nothing of it says that a measurement is there already, so after a lost connection
 * (or where `looksFirst` says that some are there) they are looked for, and those that are missing are inserted.
 */
export function writeMeasurements(
  target: Target,
  planned: PlannedCollection,
  batch: DocumentBatch,
  looksFirst: boolean,
): Promise<WrittenBatch> {
  const documents = splitDocuments(batch.bytes);
  const refused: RefusedDocument[] = documents.filter(holdsEmptyTimestamp).map((document) => ({
    document,
    reason: 'an insert into a time series puts the time in the place of Timestamp(0, 0)',
  }));
  const takeable = refused.length === 0 ? documents : documents.filter((document) => !holdsEmptyTimestamp(document));
  let tries = 0;
  return target.attempt(async (signal) => {
    const isLookedFor = looksFirst || tries++ > 0;
    const missing = isLookedFor ? await missingOf(target, planned, takeable) : takeable;
    if (missing.length === 0) return { kept: [], refused };
    const settings = { ordered: false, keepEmptyTimestamps: false, signal };
    const sent = { bytes: Buffer.concat(missing), count: missing.length };
    const writes = await insertRaw(target.database(planned.database), planned.name, sent, settings);
    const others = writes.flatMap(({ index, message }) => {
      const document = missing[index];
      return document === undefined ? [] : [{ document, reason: message }];
    });
    return { kept: [], refused: [...refused, ...others] };
  }, deadlineMs);
}

async function missingOf(
  target: Target,
  planned: PlannedCollection,
  documents: readonly Buffer[],
): Promise<readonly Buffer[]> {
  const place = { target, database: planned.database, collection: planned.name, readConcern: 'local' } as const;
  const there = await existingMeasurements(place, planned, documents);
  return documents.filter((document) => !takeOne(there, document));
}

/** Takes one of the copies that were counted; false: there is none left. */
export function takeOne(counts: Map<string, number>, document: Buffer): boolean {
  const key = measurementKey(document);
  const left = counts.get(key) ?? 0;
  if (left > 0) counts.set(key, left - 1);
  return left > 0;
}

/** @throws USAGE */
export function seriesOfPlan({ source, from }: PlannedCollection): Series {
  const series = seriesOf(source.info);
  if (series !== null) return series;
  throw new AppError('USAGE', `${from}: its options do not say which field holds the time`);
}

/** Together they find every one of these measurements, and of the others those of the same metas within the span of a bucket. */
function* filtersFor(series: Series, documents: readonly Buffer[]): Generator<Record<string, unknown>, void, void> {
  const spanMs = series.maxSpanMs ?? usualSpanMs;
  const windows = new Map<number, Buffer[]>();
  for (const document of documents) {
    const window = Math.floor(timeOf(document, series) / spanMs);
    const some = windows.get(window);
    if (some === undefined) windows.set(window, [document]);
    else some.push(document);
  }
  for (const some of windows.values()) {
    const times = some.map((document) => timeOf(document, series));
    const [first, last] = times.reduce<[number, number]>(
      ([least, most], ms) => [Math.min(least, ms), Math.max(most, ms)],
      [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
    );
    const time = { [series.timeField]: { $gte: new Date(first), $lte: new Date(last) } };
    const metas = metasOf(some, series);
    if (metas === undefined || series.metaField === null) yield time;
    else yield { ...time, [series.metaField]: { $in: metas } };
  }
}

function timeOf(document: Buffer, { timeField }: Series): number {
  const time = memberOf(documentValue(document), timeField);
  if (time?.type !== elementType.date) throw new AppError('FORMAT_INVALID', `a measurement has no ${timeField}`);
  return Number(time.bytes.readBigInt64LE(time.start));
}

/** Undefined: they cannot be named, or are too many. */
function metasOf(documents: readonly Buffer[], { metaField }: Series): readonly unknown[] | undefined {
  if (metaField === null) return undefined;
  const metas = new Map<string, unknown>();
  for (const document of documents) {
    const raw = memberOf(documentValue(document), metaField);
    const text = raw === undefined ? '' : `${raw.type} ${raw.bytes.toString('latin1', raw.start, raw.end)}`;
    if (metas.has(text)) continue;
    // A pattern in $in is compared with texts; null finds what has no meta.
    const value = raw === undefined ? null : exactValue(document, metaField);
    if (value === undefined || raw?.type === elementType.regex || metas.size === mostMetas) return undefined;
    metas.set(text, value);
  }
  return [...metas.values()];
}
