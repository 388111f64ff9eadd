import { Binary, BSON } from 'mongodb';
import { documentEnd, elementType, findElement, textEnd, valueEnd } from '../../model/bson-walk.ts';
import type { CollectionInfo } from '../../model/collection.ts';
import { NamespaceFilter, type NamespacePatterns } from '../../model/namespace-filter.ts';
import { viewUuid } from '../../model/view-uuid.ts';
import { toAppError } from '../../runtime/errors.ts';
import type { MemberClient } from '../source/member-client.ts';
import { documentsIn } from '../source/raw-batch.ts';

/** A collection of the source, and how large it is about. */
export interface SourceCollection {
  readonly info: CollectionInfo;
  readonly documents: number;
  readonly bytes: number;
  /** Not of the simple collation, or without an index on `_id`: `_id` order cannot be read. */
  readonly natural: boolean;
}

const emptyDocument = Buffer.from([5, 0, 0, 0, 0]);
const atOnce = 8;

/** Every collection and view that is backed up, as one member has them. */
export async function readCatalog(
  member: MemberClient,
  filter: NamespacePatterns,
  signal: AbortSignal,
): Promise<SourceCollection[]> {
  const keeps = new NamespaceFilter(filter);
  const found: SourceCollection[] = [];
  for (const database of await listDatabases(member, signal)) {
    const listed = await listCollections(member, database, signal);
    const kept = listed.filter(({ name }) => keeps.keeps(`${database}.${name}`));
    for (let at = 0; at < kept.length; at += atOnce) {
      const some = kept.slice(at, at + atOnce).map((entry) => describe(member, database, entry, signal));
      for (const one of await Promise.all(some)) if (one !== undefined) found.push(one);
    }
  }
  return found;
}

export interface Place {
  readonly database: string;
  readonly name: string;
  readonly capped: boolean;
}

/** Where every collection is, by UUID. */
export async function listPlaces(member: MemberClient, signal: AbortSignal): Promise<ReadonlyMap<string, Place>> {
  const found = new Map<string, Place>();
  for (const database of await listDatabases(member, signal)) {
    for (const { uuid, name, options } of await listCollections(member, database, signal)) {
      if (uuid !== undefined) found.set(uuid, { database, name, capped: BSON.deserialize(options)['capped'] === true });
    }
  }
  return found;
}

async function listDatabases(member: MemberClient, signal: AbortSignal): Promise<readonly string[]> {
  const reply = await member.command('admin', { listDatabases: 1, nameOnly: true }, { signal });
  const databases: unknown = reply['databases'];
  const names = Array.isArray(databases) ? databases.map((database) => String(database.name)) : [];
  return names.filter((name) => name !== 'local').toSorted();
}

interface Listed {
  readonly name: string;
  readonly type: string;
  readonly uuid: string | undefined;
  readonly options: Buffer;
}

async function listCollections(member: MemberClient, database: string, signal: AbortSignal): Promise<Listed[]> {
  const cursor = await member.cursor(database, { listCollections: 1, cursor: {} }, signal);
  try {
    const raw = documentsIn(cursor.first);
    while (!cursor.isDone) raw.push(...documentsIn(await cursor.next({}, signal)));
    return raw.map((document) => {
      const { name, type, info } = BSON.deserialize(document, { promoteBuffers: false });
      const uuid: unknown = info?.uuid;
      return {
        name: String(name),
        type: String(type),
        uuid: uuid instanceof Binary ? Buffer.from(uuid.value()).toString('hex') : undefined,
        options: innerDocument(document, 'options') ?? emptyDocument,
      };
    });
  } finally {
    await cursor.close();
  }
}

/** Undefined when it was dropped meanwhile: the oplog has that. */
async function describe(
  member: MemberClient,
  database: string,
  { name, type, uuid, options }: Listed,
  signal: AbortSignal,
): Promise<SourceCollection | undefined> {
  const base = { database, name, options: Buffer.from(options) };
  if (type === 'view' || type === 'timeseries') {
    const info = {
      ...base,
      uuid: viewUuid(database, name),
      type,
      indexes: [],
      capped: false,
      temporary: false,
    } as const;
    return { info, documents: 0, bytes: 0, natural: false };
  }
  if (uuid === undefined) return undefined;
  try {
    const indexes = await listIndexes(member, database, uuid, signal);
    const { documents, bytes } = await sizeOf(member, database, name, signal);
    const { capped, temp, collation, clusteredIndex } = BSON.deserialize(options);
    const info = {
      ...base,
      uuid,
      type: 'collection',
      indexes,
      capped: capped === true,
      temporary: temp === true,
    } as const;
    const ordered =
      indexes.some(isIdIndex) || (clusteredIndex !== undefined && (await takesIdHint(member, database, uuid, signal)));
    return { info, documents, bytes, natural: capped === true || collation !== undefined || !ordered };
  } catch (thrown) {
    if (toAppError(thrown).details['code'] === 26) return undefined;
    throw thrown;
  }
}

/** 5.0 orders buckets of time-series by `_id` but takes no hint of it; 5.3 and newer do. */
async function takesIdHint(
  member: MemberClient,
  database: string,
  uuid: string,
  signal: AbortSignal,
): Promise<boolean> {
  const find = { find: new Binary(Buffer.from(uuid, 'hex'), Binary.SUBTYPE_UUID), hint: { _id: 1 }, limit: 1 };
  try {
    const cursor = await member.cursor(database, find, signal);
    await cursor.close();
    return true;
  } catch (thrown) {
    if (toAppError(thrown).details['code'] === 2) return false;
    throw thrown;
  }
}

async function listIndexes(
  member: MemberClient,
  database: string,
  uuid: string,
  signal: AbortSignal,
): Promise<readonly Buffer[]> {
  const command = { listIndexes: new Binary(Buffer.from(uuid, 'hex'), Binary.SUBTYPE_UUID), cursor: {} };
  const cursor = await member.cursor(database, command, signal);
  try {
    const raw = documentsIn(cursor.first).map((document) => withoutField(document, 'ns'));
    while (!cursor.isDone) {
      raw.push(...documentsIn(await cursor.next({}, signal)).map((document) => withoutField(document, 'ns')));
    }
    return raw;
  } finally {
    await cursor.close();
  }
}

function isIdIndex(index: Buffer): boolean {
  const { key, name, clustered } = BSON.deserialize(index);
  return name === '_id_' || clustered === true || JSON.stringify(key) === '{"_id":1}';
}

/**
 * For progress and for the plan; zero when the member does not say. Not by collStats: that opens the statistics of every file, which takes
 * a member with many collections a tenth of a second each.
 */
async function sizeOf(
  member: MemberClient,
  database: string,
  name: string,
  signal: AbortSignal,
): Promise<{ readonly documents: number; readonly bytes: number }> {
  try {
    const command = { dataSize: `${database}.${name}`, estimate: true };
    const reply = await member.command(database, command, { signal });
    return { documents: numberOf(reply['numObjects']), bytes: numberOf(reply['size']) };
  } catch (thrown) {
    const { code, details } = toAppError(thrown);
    // The built-in role backup may read the views of a database by listCollections alone.
    if (details['answered'] === true || code === 'MONGODB_PRIVILEGE_MISSING') return { documents: 0, bytes: 0 };
    throw thrown;
  }
}

function numberOf(value: unknown): number {
  const number = Number(value);
  return Number.isFinite(number) && number > 0 ? number : 0;
}

/** The bytes of an inner document, as they are. */
function innerDocument(document: Buffer, name: string): Buffer | undefined {
  const element = findElement(document, 0, document.length, Buffer.from(name));
  if (element < 0 || document[element] !== elementType.document) return undefined;
  const start = textEnd(document, element + 1, document.length) + 1;
  return document.subarray(start, documentEnd(document, start, document.length));
}

/** A copy without the element of this name, if it is there; all the rest bit for bit. */
function withoutField(document: Buffer, name: string): Buffer {
  const element = findElement(document, 0, document.length, Buffer.from(name));
  if (element < 0) return Buffer.from(document);
  const value = textEnd(document, element + 1, document.length) + 1;
  const next = valueEnd(document, document[element] ?? 0, value, document.length);
  const rest = Buffer.concat([document.subarray(0, element), document.subarray(next)]);
  rest.writeInt32LE(rest.length, 0);
  return rest;
}
