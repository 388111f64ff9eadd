import { serialize } from 'bson';
import { unpackContent } from '../../../blocks/block-codec.ts';
import { BlockContent } from '../../../blocks/block-content.ts';
import { documentKey } from '../../../blocks/document-key.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { ViewCollection } from '../../../vault/ports.ts';
import { viewChunkLimits } from '../../../wire/view-chunks.ts';
import type { OpenView, ViewBook } from '../view-book.ts';
import { Best, type Sort } from './best.ts';
import { compileFilter, type Matcher } from './matcher.ts';
import { isPlainObject } from './operators.ts';

export interface Query {
  /** As bson deserialises Extended JSON. */
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

/** Of raw documents in one answer. */
const answerBytes = 16 * 2 ** 20;
const readBytes = Math.floor(viewChunkLimits.defaultBytes / 4);

/** The collection of this name. @throws NOT_FOUND, INPUT_INVALID where a name holds no documents of its own */
export function collectionOf(view: OpenView, namespace: string): ViewCollection {
  const found = view.view.collections.find(({ info }) => `${info.database}.${info.name}` === namespace);
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

/** Documents of a collection that fit: by key where the filter names `_id`s alone, else one after another. @throws TIMEOUT for a sort */
export async function findIn(
  {
    views,
    view,
    collection,
  }: { readonly views: ViewBook; readonly view: OpenView; readonly collection: ViewCollection },
  query: Query,
  signal: AbortSignal,
): Promise<Found> {
  const matches = compileFilter(query.filter);
  const ids = collection.info.capped ? undefined : idsOf(query.filter['_id']);
  if (ids !== undefined) return findByIds(ids, (key) => views.byKey(view, collection.info.uuid, key), matches, query);
  const source = views.source(view, null);
  const { uuid } = collection.info;
  const keep = query.sort === undefined ? new FirstFound(query.limit) : new Best(query.sort, query.limit);
  const endMs = performance.now() + query.timeMs;
  let scanned = 0;
  let after: Buffer | null = null;
  for (;;) {
    const chunks = await source.chunks(uuid, after, readBytes, signal);
    const last = chunks.at(-1);
    if (last === undefined) return { documents: keep.documents(), scanned, more: keep.dropped };
    for (const { stored } of chunks) {
      const content = new BlockContent(unpackContent(stored));
      for (let index = 0; index < content.count; index++) {
        const document = content.document(index);
        scanned++;
        if (matches(document)) keep.add(document);
        if (keep instanceof FirstFound && keep.isFull) return { documents: keep.documents(), scanned, more: true };
      }
      // Others want answers too.
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (performance.now() > endMs) {
      if (query.sort === undefined) return { documents: keep.documents(), scanned, more: true };
      throw new AppError(
        'TIMEOUT',
        `the first ${scanned} documents took ${query.timeMs / 1000} s: what a sort gives is not known`,
        {
          hint: 'Ask by _id, leave out the sort, or restore the collection beside the original.',
        },
      );
    }
    after = last.lastKey;
  }
}

/** The first ones that come. One more than the limit says that there are more. */
class FirstFound {
  readonly #limit: number;
  readonly #documents: Buffer[] = [];
  #bytes = 0;
  dropped = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get isFull(): boolean {
    return this.dropped;
  }

  add(document: Buffer): void {
    this.dropped ||=
      this.#documents.length >= this.#limit || (this.#bytes > 0 && this.#bytes + document.length > answerBytes);
    if (this.dropped) return;
    this.#documents.push(Buffer.from(document));
    this.#bytes += document.length;
  }

  documents(): readonly Buffer[] {
    return this.#documents;
  }
}

async function findByIds(
  ids: readonly unknown[],
  byKey: (key: Buffer) => Promise<Buffer | undefined>,
  matches: Matcher,
  { sort, limit }: Query,
): Promise<Found> {
  const keep = sort === undefined ? new FirstFound(limit) : new Best(sort, limit);
  const keys = new Map(ids.map((id) => keyOfId(id)).map((key) => [key.toString('latin1'), key]));
  const inOrder = [...keys.values()].toSorted(Buffer.compare);
  let scanned = 0;
  for (const key of inOrder) {
    const document = await byKey(key);
    if (document === undefined) continue;
    scanned++;
    if (matches(document)) keep.add(document);
  }
  return { documents: keep.documents(), scanned, more: keep.dropped };
}

/** The key of a document with this `_id`. */
export function keyOfId(id: unknown): Buffer {
  return documentKey(Buffer.from(serialize({ _id: id }, { ignoreUndefined: false })));
}

const mostIds = 1000;

/** `_id`s that a condition names one by one; undefined: it says something else. */
function idsOf(condition: unknown): readonly unknown[] | undefined {
  if (condition === undefined || condition === null) return undefined;
  if (!isPlainObject(condition)) return isRegex(condition) ? undefined : [condition];
  const names = Object.keys(condition);
  if (!names.some((name) => name.startsWith('$'))) return [condition];
  if (names.length !== 1) return undefined;
  if ('$eq' in condition) return [condition['$eq']];
  const list = condition['$in'];
  return Array.isArray(list) && list.length <= mostIds && !list.some(isRegex) ? list : undefined;
}

function isRegex(value: unknown): boolean {
  return typeof value === 'object' && value !== null && '_bsontype' in value && value._bsontype === 'BSONRegExp';
}
