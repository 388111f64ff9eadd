import { Best, type Sort } from '../../../query/best.ts';
import { valuesOfJson } from '../../../query/extended-json.ts';
import { FirstFound } from '../../../query/first-found.ts';
import { idsOf, keysOfIds } from '../../../query/ids.ts';
import type { Look, QueryThreads } from '../../../query/query-threads.ts';
import { isPast } from '../../../query/selection.ts';
import type { Series } from '../../../query/series/series-fields.ts';
import { bucketKeys, timesOf } from '../../../query/series/time-range.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { ViewCollection } from '../../../vault/view-ports.ts';
import { viewChunkLimits } from '../../../wire/view-chunks.ts';
import type { OpenView, ViewBook } from '../view-book.ts';

export interface Query {
  /** Extended JSON. */
  readonly filter: Readonly<Record<string, unknown>>;
  readonly sort: Sort | undefined;
  readonly limit: number;
  readonly timeMs: number;
}
export interface Found {
  readonly documents: readonly Buffer[];
  readonly scanned: number;
  readonly more: boolean;
}
export interface Place {
  readonly views: ViewBook;
  readonly view: OpenView;
  readonly collection: ViewCollection;
  /** The collection holds the buckets of this time series: its measurements are meant. */
  readonly series: Series | null;
  readonly threads: QueryThreads;
}

const readBytes = Math.floor(viewChunkLimits.defaultBytes / 4);

/**
 * Documents of a collection that fit: by key where the filter names `_id`s, else one after another; of a time series those buckets that may hold
 * what fits. @throws INPUT_INVALID, TIMEOUT for a sort
 */
export async function findIn(place: Place, query: Query, signal: AbortSignal): Promise<Found> {
  const values = valuesOfJson('filter', query.filter);
  const { collection, series } = place;
  const ids = collection.info.capped || series !== null ? undefined : idsOf(values['_id']);
  const { filter, sort, limit } = query;
  if (ids !== undefined && Object.keys(values).length === 1) return findByIds(place, ids, query);
  return place.threads.use({ filter, keep: { sort, limit }, series: series ?? undefined }, signal, (look) =>
    ids === undefined ? scan(place, query, look, signal) : lookAtIds(place, ids, look),
  );
}

async function scan(
  { views, view, collection, series }: Place,
  { filter, sort, timeMs }: Query,
  look: Look,
  signal: AbortSignal,
): Promise<Found> {
  const source = views.source(view, null);
  const endMs = performance.now() + timeMs;
  const values = valuesOfJson('filter', filter);
  const keys = series === null ? null : bucketKeys(series, timesOf(values, series.timeField));
  let scanned = 0;
  let after: Buffer | null = keys?.after ?? null;
  for (;;) {
    if (keys !== null && isPast(after, keys)) return { ...(await look.end()), scanned };
    const chunks = await source.chunks(collection.info.uuid, after, readBytes, signal);
    const last = chunks.at(-1);
    if (last === undefined) return { ...(await look.end()), scanned };
    for (const { stored } of chunks) {
      const looked = await look.block(stored);
      scanned += looked.scanned;
      if (looked.isFull) return { ...(await look.end()), scanned, more: true };
    }
    if (performance.now() > endMs) {
      if (sort === undefined) return { ...(await look.end()), scanned, more: true };
      throw new AppError(
        'TIMEOUT',
        `the first ${scanned} documents took ${timeMs / 1000} s: what a sort gives is not known`,
        {
          hint: 'Ask by _id, leave out the sort, or restore the collection beside the original.',
        },
      );
    }
    after = last.lastKey;
  }
}

/** Nothing has to be compared: the keys say which documents are meant. */
async function findByIds(place: Place, ids: readonly unknown[], { sort, limit }: Query): Promise<Found> {
  const keep = sort === undefined ? new FirstFound(limit) : new Best(sort, limit);
  let scanned = 0;
  for await (const document of documentsOf(place, ids)) {
    scanned++;
    keep.add(document);
  }
  return { documents: keep.documents(), scanned, more: keep.dropped };
}

async function lookAtIds(place: Place, ids: readonly unknown[], look: Look): Promise<Found> {
  let scanned = 0;
  for await (const document of documentsOf(place, ids)) {
    scanned++;
    await look.document(document);
  }
  return { ...(await look.end()), scanned };
}

async function* documentsOf(
  { views, view, collection }: Place,
  ids: readonly unknown[],
): AsyncGenerator<Buffer, void, void> {
  for (const key of keysOfIds(ids)) {
    const document = await views.byKey(view, collection.info.uuid, key);
    if (document !== undefined) yield document;
  }
}
