import type { CollectionInfo } from '../model/collection.ts';
import { AppError } from '../runtime/errors.ts';
import type { Selection } from '../wire/api/backup-reading.ts';
import { packDocuments } from './document-block.ts';
import { valuesOfJson } from './extended-json.ts';
import { idsOf, keysOfIds } from './ids.ts';
import { compileFilter } from './matcher.ts';
import type { Look, QueryThreads } from './query-threads.ts';
import { bucketsPrefix, type Series, seriesOf } from './series/series-fields.ts';
import { bucketKeys, type KeyRange, timesOf } from './series/time-range.ts';

/** What a selection reads: a set at a moment. */
export interface SelectableSource<C extends SelectableCollection> {
  readonly collections: readonly C[];
  chunks(uuid: string, afterKey: Buffer | null, maxBytes: number, signal: AbortSignal): Promise<readonly StoredChunk[]>;
  /** The document with this key, if it is there. */
  byKey(uuid: string, key: Buffer): Promise<Buffer | undefined>;
}
export interface SelectableCollection {
  readonly info: CollectionInfo;
}
export interface StoredChunk {
  /** A block of documents alone, as it is stored. */
  readonly stored: Buffer;
  readonly documents: number;
  readonly contentBytes: number;
  readonly lastKey: Buffer;
}
type Chunks = SelectableSource<SelectableCollection>['chunks'];

/** Where the documents of a name are. */
export interface Place<C extends SelectableCollection> {
  readonly collection: C;
  /** Of a time series: the collection holds buckets, out of which its measurements come. */
  readonly series: Series | null;
}

/** The collection of this name; of a time series that of its buckets. @throws NOT_FOUND, INPUT_INVALID for a view */
export function placeOf<C extends SelectableCollection>(collections: readonly C[], namespace: string): Place<C> {
  const found = named(collections, namespace);
  if (found === undefined) {
    throw new AppError('NOT_FOUND', `there was no collection ${namespace} at that moment`);
  }
  const { type, database, name } = found.info;
  if (type === 'collection') return { collection: found, series: null };
  if (type === 'view') {
    throw new AppError('INPUT_INVALID', `${namespace} is a view`, { hint: 'Ask the collection that it shows.' });
  }
  const buckets = named(collections, `${database}.${bucketsPrefix}${name}`);
  const series = buckets === undefined ? null : seriesOf(buckets.info);
  if (buckets !== undefined && series !== null) return { collection: buckets, series };
  throw new AppError('NOT_FOUND', `the buckets of the time series ${namespace} are not in the backup at that moment`, {
    hint: `Include ${namespace} in what is backed up.`,
  });
}

function named<C extends SelectableCollection>(collections: readonly C[], namespace: string): C | undefined {
  return collections.find(({ info }) => `${info.database}.${info.name}` === namespace);
}

/**
 * Chosen documents of one collection, read as all of them would be: the collection and its chunks. A chunk without documents tells only how
 * far the search has come. @throws NOT_FOUND, INPUT_INVALID
 */
export function selectDocuments<C extends SelectableCollection>(
  source: SelectableSource<C>,
  selection: Selection,
  threads: QueryThreads,
): { readonly collection: C; readonly chunks: Chunks } {
  const { collection, series } = placeOf(source.collections, selection.namespace);
  if (series === null && collection.info.name.startsWith(bucketsPrefix)) throw isBuckets(collection.info);
  const filter = valuesOfJson('filter', selection.filter);
  // What is wrong with it is said now, not when somebody reads.
  compileFilter(filter);
  const ids = selection.ids === undefined ? idsOf(filter['_id']) : listOf(selection.ids);
  const search = { source, threads, filter: selection.filter };
  const keys = series === null ? everyKey : bucketKeys(series, timesOf(filter, series.timeField));
  const scan = { ...search, series, keys };
  if (ids === undefined) return { collection, chunks: scanned({ ...scan, words: selection.filter }) };
  if (collection.info.capped || series !== null) {
    // Its keys are places in natural order, or those of buckets: it is looked through.
    const words = selection.ids === undefined ? {} : { _id: { $in: selection.ids } };
    return { collection, chunks: scanned({ ...scan, words: { $and: [selection.filter, words] } }) };
  }
  const conditions = Object.keys(filter).filter((name) => name !== '_id' || selection.ids !== undefined);
  return { collection, chunks: byKeys({ ...search, keys: keysOfIds(ids), isFiltered: conditions.length > 0 }) };
}

function isBuckets({ database, name }: CollectionInfo): AppError {
  const series = `${database}.${name.slice(bucketsPrefix.length)}`;
  return new AppError('INPUT_INVALID', `${database}.${name} holds the buckets of the time series ${series}`, {
    hint: `Choose measurements of ${series}.`,
  });
}

const everyKey: KeyRange = { after: null, until: null };

function listOf(ids: readonly unknown[]): readonly unknown[] {
  const { list } = valuesOfJson('ids', { list: ids });
  return Array.isArray(list) ? list : [];
}

interface KeySearch extends Search {
  readonly keys: readonly Buffer[];
  /** The filter says more than which keys. */
  readonly isFiltered: boolean;
}

interface Search {
  readonly source: SelectableSource<SelectableCollection>;
  readonly threads: QueryThreads;
  readonly filter: Selection['filter'];
}
interface Scan extends Search {
  readonly words: Selection['filter'];
  readonly series: Series | null;
  /** Outside of it nothing fits. */
  readonly keys: KeyRange;
}

const readBytes = 2 * 2 ** 20;
/** Whoever waits is told how far it is after so long. */
const tellMs = 10_000;

function scanned({ source, threads, words, series, keys }: Scan): Chunks {
  const query = { filter: words, keep: 'all', series: series ?? undefined } as const;
  return (uuid, afterKey, maxBytes, signal) =>
    threads.use(query, signal, async (look) => {
      const found: StoredChunk[] = [];
      let bytes = 0;
      let after = afterKey ?? keys.after;
      for (const endMs = performance.now() + tellMs; ; ) {
        if (isPast(after, keys)) return found;
        const chunks = await source.chunks(uuid, after, readBytes, signal);
        for (const { stored, lastKey } of chunks) {
          const { fitting } = await look.block(stored);
          after = fitting?.upTo ?? lastKey;
          if (fitting === null) continue;
          found.push({ ...fitting, lastKey: after });
          bytes += fitting.contentBytes;
          if (bytes >= maxBytes) return found;
          if (fitting.upTo !== null) break;
        }
        if (chunks.length === 0) return found;
        if (performance.now() < endMs) continue;
        return after === null ? found : [...found, nothingUpTo(after)];
      }
    });
}

/** Nothing after this key is within the range. */
export function isPast(after: Buffer | null, { until }: KeyRange): boolean {
  return after !== null && until !== null && Buffer.compare(after, until) >= 0;
}

const keysAtOnce = 16;

function byKeys({ source, threads, filter, keys, isFiltered }: KeySearch): Chunks {
  return async (uuid, afterKey, maxBytes, signal) => {
    const left = afterKey === null ? keys : keys.filter((key) => Buffer.compare(key, afterKey) > 0);
    const found: Buffer[] = [];
    let bytes = 0;
    let last: Buffer | undefined;
    for (let at = 0; at < left.length && bytes < maxBytes; at += keysAtOnce) {
      signal.throwIfAborted();
      const some = left.slice(at, at + keysAtOnce);
      for (const document of await Promise.all(some.map((key) => source.byKey(uuid, key)))) {
        if (document === undefined) continue;
        found.push(document);
        bytes += document.length;
      }
      last = some.at(-1);
    }
    if (last === undefined) return [];
    const lastKey = last;
    const chunk = { stored: packDocuments(found), documents: found.length, contentBytes: bytes, lastKey };
    if (!isFiltered || found.length === 0) return [chunk];
    const fitting = await threads.use({ filter, keep: 'all' }, signal, (look: Look) => look.block(chunk.stored));
    return [fitting.fitting === null ? nothingUpTo(lastKey) : { ...fitting.fitting, lastKey }];
  };
}

function nothingUpTo(lastKey: Buffer): StoredChunk {
  return { stored: packDocuments([]), documents: 0, contentBytes: 0, lastKey };
}
