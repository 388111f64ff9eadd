import { randomUUID } from 'node:crypto';
import type { Db, MongoClient } from 'mongodb';
import { BlockCutter, type CutBlock } from '../../src/blocks/block-cutter.ts';
import { documentKey } from '../../src/blocks/document-key.ts';
import { documentEnd, textEnd, valueEnd } from '../../src/model/bson-walk.ts';
import type { CollectionInfo } from '../../src/model/collection.ts';
import type { RestoreSource, SourceChunk, SourceCollection } from '../../src/restore/ports.ts';

export interface MemoryCollection {
  readonly info: CollectionInfo;
  /** Raw; capped: in natural order. */
  readonly documents: readonly Buffer[];
}

export interface MemorySourceOptions {
  readonly sourceVersion?: string | null;
  readonly replicaSetId?: string | null;
  /** Of a block. */
  readonly targetBytes?: number;
  /** Called before each answer; may throw, or wait. */
  readonly beforeChunks?: (uuid: string, afterKey: Buffer | null) => Promise<void> | void;
}

const emptyDocument = Buffer.from([5, 0, 0, 0, 0]);
const groupKey = Buffer.alloc(32, 7);

/** A source whose documents are in memory, in blocks as a vault would give them. */
export function memorySource(
  collections: readonly MemoryCollection[],
  options: MemorySourceOptions = {},
): RestoreSource {
  const blocks = new Map(collections.map(({ info, documents }) => [info.uuid, cut(info, documents, options)]));
  return {
    optime: { ts: 1_763_719_200n << 32n, term: 1 },
    sourceVersion: options.sourceVersion ?? null,
    replicaSetId: options.replicaSetId ?? null,
    collections: collections.map(
      ({ info, documents }): SourceCollection => ({
        info,
        documents: documents.length,
        contentBytes: documents.reduce((sum, { length }) => sum + length, 0),
      }),
    ),
    async chunks(uuid, afterKey, maxBytes, signal) {
      signal.throwIfAborted();
      await options.beforeChunks?.(uuid, afterKey);
      return chunksAfter(blocks.get(uuid) ?? [], afterKey, maxBytes);
    },
    async close() {},
  };
}

/** A collection that no mongod has made. */
export function collectionInfo(namespace: string, changes: Partial<CollectionInfo> = {}): CollectionInfo {
  const dot = namespace.indexOf('.');
  return {
    uuid: randomUUID().replaceAll('-', ''),
    database: namespace.slice(0, dot),
    name: namespace.slice(dot + 1),
    type: 'collection',
    options: emptyDocument,
    indexes: [],
    capped: false,
    temporary: false,
    ...changes,
  };
}

/** Everything that a mongod holds in these databases, as bytes: what an initial sync of a quiet set would bring. */
export async function readDatabases(client: MongoClient, databases: readonly string[]): Promise<MemoryCollection[]> {
  const found: MemoryCollection[] = [];
  for (const name of databases) found.push(...(await readDatabase(client.db(name))));
  return found;
}

async function readDatabase(database: Db): Promise<MemoryCollection[]> {
  const reply = await database.command({ listCollections: 1, cursor: { batchSize: 10_000 } }, { raw: true });
  const listed = batchOf(reply['cursor']).map(fieldsOf);
  const found: MemoryCollection[] = [];
  for (const fields of listed) {
    const name = text(fields.get('name'));
    const kind = text(fields.get('type'));
    const type = kind === 'view' || kind === 'timeseries' ? kind : 'collection';
    const options = fields.get('options') ?? emptyDocument;
    const uuid = fieldsOf(fields.get('info') ?? emptyDocument).get('uuid');
    const optionNames = fieldsOf(options);
    const info = collectionInfo(`${database.databaseName}.${name}`, {
      type,
      options,
      indexes: type === 'collection' ? await indexesOf(database, name) : [],
      capped: optionNames.has('capped'),
      temporary: optionNames.has('temp'),
      ...(uuid === undefined ? {} : { uuid: uuid.subarray(5).toString('hex') }),
    });
    found.push({ info, documents: type === 'collection' ? await readDocuments(database, name) : [] });
  }
  return found;
}

async function indexesOf(database: Db, name: string): Promise<Buffer[]> {
  const reply = await database.command({ listIndexes: name, cursor: { batchSize: 1000 } }, { raw: true });
  return batchOf(reply['cursor']);
}

/** In natural order. */
export async function readDocuments(database: Db, name: string): Promise<Buffer[]> {
  const cursor = database.collection(name).find({}, { raw: true, hint: { $natural: 1 } });
  const found: Buffer[] = [];
  for await (const document of cursor) found.push(Buffer.from(document as unknown as Uint8Array));
  return found;
}

function batchOf(cursor: unknown): Buffer[] {
  if (!Buffer.isBuffer(cursor)) throw new Error('the reply has no raw cursor');
  return [...fieldsOf(fieldsOf(cursor).get('firstBatch') ?? emptyDocument).values()];
}

/** The raw values of a document, by name. */
export function fieldsOf(document: Buffer): Map<string, Buffer> {
  const fields = new Map<string, Buffer>();
  const end = documentEnd(document, 0, document.length) - 1;
  for (let at = 4; at < end; ) {
    const zero = textEnd(document, at + 1, end);
    const next = valueEnd(document, document[at] ?? 0, zero + 1, end);
    fields.set(document.toString('utf8', at + 1, zero), document.subarray(zero + 1, next));
    at = next;
  }
  return fields;
}

function text(value: Buffer | undefined): string {
  return value === undefined ? '' : value.toString('utf8', 4, value.length - 1);
}

function cut(info: CollectionInfo, documents: readonly Buffer[], { targetBytes }: MemorySourceOptions): CutBlock[] {
  const cutter = new BlockCutter({ groupKey, ...(targetBytes === undefined ? {} : { targetBytes }) });
  const blocks: (CutBlock | undefined)[] = [];
  if (info.capped) {
    for (const [index, document] of documents.entries()) {
      const sequence = Buffer.alloc(12);
      sequence.writeUInt32BE(index + 1, 8);
      blocks.push(cutter.addKeyed(sequence, document));
    }
  } else {
    const keyed = documents.map((document) => ({ document, key: documentKey(document) }));
    for (const { document } of keyed.toSorted((a, b) => Buffer.compare(a.key, b.key)))
      blocks.push(cutter.add(document));
  }
  return [...blocks, cutter.finish()].filter((block) => block !== undefined);
}

function chunksAfter(blocks: readonly CutBlock[], afterKey: Buffer | null, maxBytes: number): SourceChunk[] {
  const chunks: SourceChunk[] = [];
  let bytes = 0;
  for (const { lastKey, stored, count, contentBytes } of blocks) {
    if (afterKey !== null && Buffer.compare(lastKey, afterKey) <= 0) continue;
    if (chunks.length > 0 && bytes + contentBytes > maxBytes) break;
    bytes += contentBytes;
    chunks.push({ stored, documents: count, lastKey });
  }
  return chunks;
}
