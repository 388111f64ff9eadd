import { createHash } from 'node:crypto';
import { zstdCompressSync } from 'node:zlib';
import { BSON, Long, Timestamp, UUID } from 'bson';
import { unpackContent } from '../../../src/blocks/block-codec.ts';
import { BlockContent } from '../../../src/blocks/block-content.ts';
import { BlockCutter, type CutBlock } from '../../../src/blocks/block-cutter.ts';
import { documentKey } from '../../../src/blocks/document-key.ts';
import { timestampText } from '../../../src/model/optime.ts';
import { defaultSettings } from '../../../src/server/backup/default-settings.ts';
import type { VaultService } from '../../../src/vault/ports.ts';

export type Doc = Readonly<Record<string, unknown>>;
export const groupId = 'g_test';
export const replicaSetId = 'a'.repeat(24);
export const settings = {
  schedule: defaultSettings.schedule,
  filter: { include: [] as string[], exclude: [] as string[] },
  limits: { scanBytesPerSecond: null, scanThreads: 1 },
  drillEveryDays: 7,
};
export const at = (seconds: number, ordinal = 1): bigint => (BigInt(seconds) << 32n) | BigInt(ordinal);
const uuidOf = (hex: string) => new UUID(Buffer.from(hex, 'hex'));

/** A replica set that is no more than its oplog: entries, and slices of them as an agent would send them. */
export class SourceModel {
  readonly entries: { readonly ts: bigint; readonly bytes: Buffer }[] = [];
  #chain = Buffer.alloc(32);
  #sent = 0;
  #after: bigint | null = null;

  push(ts: bigint, entry: Doc): void {
    const t = new Timestamp({ t: Number(ts >> 32n), i: Number(ts & 0xffff_ffffn) });
    const bytes = Buffer.from(
      BSON.serialize({
        ...entry,
        ts: t,
        t: Long.fromNumber(1),
        v: Long.fromNumber(2),
        wall: new Date(Number(ts >> 32n) * 1000),
      }),
    );
    this.entries.push({ ts, bytes });
  }
  uuid(hex: string): UUID {
    return uuidOf(hex);
  }
  nothing(ts: bigint): void {
    this.push(ts, { op: 'n', ns: '', o: { msg: 'periodic noop' } });
  }
  insert(ts: bigint, ns: string, uuid: string, o: Doc): void {
    this.push(ts, { op: 'i', ns, ui: uuidOf(uuid), o, o2: { _id: o['_id'] } });
  }
  set(ts: bigint, ns: string, uuid: string, id: unknown, fields: Doc): void {
    this.push(ts, { op: 'u', ns, ui: uuidOf(uuid), o: { $v: 2, diff: { u: fields } }, o2: { _id: id } });
  }
  delete(ts: bigint, ns: string, uuid: string, id: unknown): void {
    this.push(ts, { op: 'd', ns, ui: uuidOf(uuid), o: { _id: id } });
  }
  command(ts: bigint, database: string, o: Doc, uuid?: string): void {
    this.push(ts, { op: 'c', ns: `${database}.$cmd`, ...(uuid === undefined ? {} : { ui: uuidOf(uuid) }), o });
  }

  /** The entries that were not sent yet, as an envelope of slices of so many entries. */
  slices(perSlice = 100) {
    const slices = [];
    const frames: Buffer[] = [];
    while (this.#sent < this.entries.length) {
      const some = this.entries.slice(this.#sent, this.#sent + perSlice);
      const content = Buffer.concat(some.map(({ bytes }) => bytes));
      const hash = createHash('sha256').update(content).digest();
      this.#chain = createHash('sha256').update(this.#chain).update(hash).digest();
      const frame = zstdCompressSync(content);
      const last = some.at(-1)?.ts ?? 0n;
      slices.push({
        after: this.#after === null ? null : { ts: timestampText(this.#after), term: 1 },
        first: timestampText(some[0]?.ts ?? 0n),
        last: { ts: timestampText(last), term: 1 },
        entries: some.length,
        contentBytes: content.length,
        length: frame.length,
        hash: hash.toString('hex'),
        chain: this.#chain.toString('hex'),
      });
      frames.push(frame);
      this.#after = last;
      this.#sent += some.length;
    }
    return { head: { replicaSetId, epoch: 1, slices }, frames: Buffer.concat(frames) };
  }
  async send(vault: VaultService): Promise<void> {
    const { head, frames } = this.slices();
    if (head.slices.length > 0) await vault.appendSlices(groupId, head, frames);
  }
}

export interface SourceCollection {
  readonly uuid: string;
  readonly database: string;
  readonly name: string;
  readonly documents: readonly Doc[];
}

/** Runs a whole scan as an agent would. */
export async function scan(
  vault: VaultService,
  collections: readonly SourceCollection[],
  from: bigint,
  until: bigint,
  targetBytes?: number,
): Promise<void> {
  const state = (await vault.set(groupId, replicaSetId))?.scan;
  if (state == null) throw new Error('no scan is wanted');
  const request = { replicaSetId, epoch: 1, scanId: state.scanId };
  await vault.beginScan(groupId, { ...request, from: { ts: timestampText(from), term: 1 } });
  await vault.planScan(groupId, {
    ...request,
    collections: collections.map(({ uuid, database, name, documents }) => ({
      ...{ uuid, database, name, type: 'collection' as const, capped: false, temporary: false },
      options: Buffer.from(BSON.serialize({})).toString('base64'),
      indexes: [Buffer.from(BSON.serialize({ v: 2, key: { _id: 1 }, name: '_id_' })).toString('base64')],
      documents: documents.length,
      bytes: documents.length * 50,
    })),
    parts: collections.map(({ uuid }) => ({ uuid, part: 0, order: 'id' as const, lower: null, upper: null })),
    last: true,
  });
  const blockKey = await vault.blockKey(groupId);
  for (const collection of collections) {
    const { head, bytes } = piece(collection, blockKey, targetBytes);
    await vault.addBlocks(groupId, { ...request, pieces: [head] }, bytes);
  }
  await vault.finishScan(groupId, { ...request, until: { ts: timestampText(until), term: 1 } });
}

/** All documents of a collection as one piece. */
export function piece(
  { uuid, documents }: Pick<SourceCollection, 'uuid' | 'documents'>,
  blockKey: Buffer,
  targetBytes = 2000,
) {
  const cutter = new BlockCutter({ groupKey: blockKey, targetBytes });
  const raw = documents.map((document) => Buffer.from(BSON.serialize(document)));
  raw.sort((a, b) => Buffer.compare(documentKey(a), documentKey(b)));
  const blocks = [...raw.map((document) => cutter.add(document)), cutter.finish()].filter(
    (block) => block !== undefined,
  );
  const head = {
    ...{ uuid, part: 0, number: 0, restart: false, after: null, done: true },
    documents: raw.length,
    bytes: raw.reduce((sum, { length }) => sum + length, 0),
    blocks: blocks.map((block) => ({ run: 0, ...describeBlock(block) })),
  };
  return { head, bytes: Buffer.concat(blocks.map(({ stored }) => stored)) };
}

/** A block as the head of an envelope describes it. */
export function describeBlock(block: CutBlock) {
  return {
    id: block.id.toString('hex'),
    firstKey: block.firstKey.toString('base64'),
    lastKey: block.lastKey.toString('base64'),
    count: block.count,
    contentBytes: block.contentBytes,
    length: block.stored.length,
  };
}

/** Every document of a view's collection, in the order in which a restore gets them. */
export async function documentsOf(vault: VaultService, viewId: string, uuid: string, maxBytes = 3000): Promise<Doc[]> {
  const found: Doc[] = [];
  let after: Buffer | null = null;
  for (;;) {
    const chunks = await vault.readView(viewId, uuid, after, maxBytes);
    if (chunks.length === 0) return found;
    for (const { stored, documents, lastKey } of chunks) {
      const content = new BlockContent(unpackContent(stored));
      if (content.count !== documents) throw new Error('a chunk does not hold as many documents as it says');
      for (let index = 0; index < content.count; index++) found.push(BSON.deserialize(content.document(index)));
      after = lastKey;
    }
  }
}
