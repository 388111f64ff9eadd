import type { Filter, MongoClient } from 'mongodb';
import { documentKey } from '../../../src/blocks/document-key.ts';
import type { DocumentChange } from '../../../src/model/collection.ts';
import { applyUpdate } from '../../../src/oplog/apply-update.ts';
import type { CatalogChange, OplogEmit } from '../../../src/oplog/oplog-emit.ts';
import type { OplogReader } from '../../../src/oplog/oplog-reader.ts';

/** Raw entries of a member's oplog from the beginning, or those that match. */
export async function rawOplog(client: MongoClient, filter: Filter<object> = {}): Promise<Buffer[]> {
  return rawDocuments(client, 'local', 'oplog.rs', filter);
}

export async function rawDocuments(
  client: MongoClient,
  database: string,
  collection: string,
  filter: Filter<object> = {},
): Promise<Buffer[]> {
  const cursor = client.db(database).collection<object>(collection).find(filter, { raw: true });
  const found: Buffer[] = [];
  for await (const document of cursor) found.push(Buffer.from(document as unknown as Uint8Array));
  return found;
}

export interface ReadOplog {
  readonly changes: readonly DocumentChange[];
  readonly catalog: readonly CatalogChange[];
  readonly quiet: number;
}

export function readAll(reader: OplogReader, entries: readonly Buffer[]): ReadOplog {
  const changes: DocumentChange[] = [];
  const catalog: CatalogChange[] = [];
  let quiet = 0;
  const emit: OplogEmit = {
    change: (change) => changes.push(change),
    catalog: (change) => catalog.push(change),
    nothing: () => quiet++,
  };
  for (const entry of entries) reader.push(entry, emit);
  return { changes, catalog, quiet };
}

/** What documents of one collection are after the changes: key (hex) → raw bytes. */
export class PlainFold {
  readonly documents: Map<string, Buffer>;
  readonly #lenient: boolean;

  constructor(documents: Iterable<readonly [string, Buffer]> = [], lenient = false) {
    this.documents = new Map(documents);
    this.#lenient = lenient;
  }

  apply(change: DocumentChange): void {
    const key = change.key.toString('hex');
    if (change.kind === 'delete') {
      this.documents.delete(key);
      return;
    }
    if (change.kind === 'put') {
      this.documents.set(key, Buffer.from(change.body));
      return;
    }
    const update = { update: change.body, upsert: change.upsert === true };
    const after = applyUpdate(this.documents.get(key), update, this.#lenient);
    if (after !== undefined) this.documents.set(key, after);
  }
}

export function byKey(documents: readonly Buffer[]): Map<string, Buffer> {
  return new Map(documents.map((document) => [documentKey(document).toString('hex'), document]));
}
