import type { CollectionInfo } from '../model/collection.ts';
import { AppError } from '../runtime/errors.ts';
import type { Selection } from '../wire/api/backup-reading.ts';
import { packDocuments } from './document-block.ts';
import { valuesOfJson } from './extended-json.ts';
import { idsOf, keysOfIds } from './ids.ts';
import { compileFilter } from './matcher.ts';
import type { Look, QueryThreads } from './query-threads.ts';

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

/** The collection of this name. @throws NOT_FOUND, INPUT_INVALID where a name holds no documents of its own */
export function collectionOf<C extends SelectableCollection>(collections: readonly C[], namespace: string): C {
  const found = collections.find(({ info }) => `${info.database}.${info.name}` === namespace);
  if (found === undefined) {
    throw new AppError('NOT_FOUND', `there was no collection ${namespace} at that moment`);
  }
  const { type, database, name } = found.info;
  if (type === 'collection') return found;
  throw new AppError('INPUT_INVALID', `${namespace} is a ${type === 'view' ? 'view' : 'time-series collection'}`, {
    hint:
      type === 'view'
        ? 'Ask the collection that it shows.'
        : `Its documents rest in buckets: ask ${database}.system.buckets.${name}.`,
  });
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
  const collection = collectionOf(source.collections, selection.namespace);
  const filter = valuesOfJson('filter', selection.filter);
  // What is wrong with it is said now, not when somebody reads.
  compileFilter(filter);
  const ids = selection.ids === undefined ? idsOf(filter['_id']) : listOf(selection.ids);
  const search = { source, threads, filter: selection.filter };
  if (ids === undefined) return { collection, chunks: scanned({ ...search, words: selection.filter }) };
  if (collection.info.capped) {
    // Its keys are places in natural order: it is looked through.
    const words = selection.ids === undefined ? {} : { _id: { $in: selection.ids } };
    return { collection, chunks: scanned({ ...search, words: { $and: [selection.filter, words] } }) };
  }
  const conditions = Object.keys(filter).filter((name) => name !== '_id' || selection.ids !== undefined);
  return { collection, chunks: byKeys({ ...search, keys: keysOfIds(ids), isFiltered: conditions.length > 0 }) };
}

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

const readBytes = 2 * 2 ** 20;
/** Whoever waits is told how far it is after so long. */
const tellMs = 10_000;

function scanned({ source, threads, words }: Search & { readonly words: Selection['filter'] }): Chunks {
  return (uuid, afterKey, maxBytes, signal) =>
    threads.use({ filter: words, keep: 'all' }, signal, async (look) => {
      const found: StoredChunk[] = [];
      let bytes = 0;
      let after = afterKey;
      for (const endMs = performance.now() + tellMs; ; ) {
        const chunks = await source.chunks(uuid, after, readBytes, signal);
        for (const { stored, lastKey } of chunks) {
          const { fitting } = await look.block(stored);
          after = lastKey;
          if (fitting === null) continue;
          found.push({ ...fitting, lastKey });
          bytes += fitting.contentBytes;
          if (bytes >= maxBytes) return found;
        }
        if (chunks.length === 0) return found;
        if (performance.now() < endMs) continue;
        return after === null ? found : [...found, nothingUpTo(after)];
      }
    });
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
