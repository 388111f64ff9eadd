import { BSON } from 'mongodb';
import { buildInfo } from '../runtime/build-info.ts';
import { readBatches } from './batch-reader.ts';
import { Crc64 } from './crc64.ts';
import { collectionMetadata, viewMetadata } from './dump-metadata.ts';
import type { PlannedCollection, PlannedView, RestorePlan } from './plan.ts';
import type { RestoreSource } from './ports.ts';
import type { DocumentBatch } from './raw-insert.ts';

/**
 * The format of `mongodump --archive` (mongo-tools, common/archive/spec.md): a magic number, a header, metadata of all collections, then
 * segments (a header that names the collection, documents, a terminator), and per collection a last header with the CRC-64
 * of its documents.
 */
const magic = Buffer.from([0x6d, 0xe2, 0x99, 0x81]);
const terminator = Buffer.from([0xff, 0xff, 0xff, 0xff]);
/** Collections whose segments take turns: mongorestore writes them at the same time. */
const atOnce = 4;
/** When the version of the source is not known: the oldest that is backed up. */
const oldestVersion = '4.4.0';

/** The plan's collections and views as an archive. Memory: one batch and what is read ahead of `atOnce` collections. */
export async function* archiveStream(
  source: RestoreSource,
  plan: RestorePlan,
  signal: AbortSignal,
): AsyncGenerator<Buffer, void, void> {
  yield prelude(source, plan);
  for (const view of plan.views) yield endOf(view.database, view.name, new Crc64());
  const waiting = [...plan.collections];
  const open: OpenCollection[] = [];
  for (;;) {
    for (let next = waiting.at(0); next !== undefined && open.length < atOnce; next = waiting.at(0)) {
      waiting.shift();
      open.push(openCollection(source, next, signal));
    }
    const turn = open.shift();
    if (turn === undefined) return;
    const { planned, batches, crc } = turn;
    const { value: batch } = await batches.next();
    if (batch === undefined) {
      yield endOf(planned.database, planned.dataName, crc);
      continue;
    }
    crc.update(batch.bytes);
    yield namespaceHeader(planned.database, planned.dataName, false, 0n);
    yield batch.bytes;
    yield terminator;
    open.push(turn);
  }
}

interface OpenCollection {
  readonly planned: PlannedCollection;
  readonly batches: AsyncGenerator<DocumentBatch, void, void>;
  readonly crc: Crc64;
}

function openCollection(source: RestoreSource, planned: PlannedCollection, signal: AbortSignal): OpenCollection {
  return { planned, batches: readBatches(source, planned.source.info.uuid, signal), crc: new Crc64() };
}

function prelude({ sourceVersion }: RestoreSource, { collections, views }: RestorePlan): Buffer {
  const header = BSON.serialize({
    concurrent_collections: new BSON.Int32(Math.min(atOnce, Math.max(1, collections.length))),
    version: '0.1',
    server_version: sourceVersion ?? oldestVersion,
    tool_version: `leafward ${buildInfo.version}`,
  });
  return Buffer.concat([
    magic,
    header,
    ...collections.map((planned) =>
      metadataOf(planned, collectionMetadata(planned), planned.timeSeries ? 'timeseries' : 'collection'),
    ),
    ...views.map((view) => metadataOf(view, viewMetadata(view), 'view')),
    terminator,
  ]);
}

function metadataOf({ database, name }: PlannedCollection | PlannedView, metadata: string, type: string): Uint8Array {
  return BSON.serialize({ db: database, collection: name, metadata, size: new BSON.Int32(0), type });
}

function endOf(database: string, collection: string, crc: Crc64): Buffer {
  return Buffer.concat([namespaceHeader(database, collection, true, crc.value), terminator]);
}

function namespaceHeader(database: string, collection: string, isEnd: boolean, crc: bigint): Buffer {
  const header = { db: database, collection, EOF: isEnd, CRC: BSON.Long.fromBigInt(crc) };
  return Buffer.from(BSON.serialize(header));
}
