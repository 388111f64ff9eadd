import { BSON, type Db } from 'mongodb';
import { documentEnd } from '../model/bson-walk.ts';
import { AppError } from '../runtime/errors.ts';
import { exactValue } from './exact-bson.ts';
import type { PlannedCollection } from './plan.ts';
import {
  type DocumentBatch,
  holdsEmptyTimestamp,
  insertRaw,
  mayHoldEmptyTimestamp,
  type RefusedWrite,
  repairEmptyTimestamps,
  withoutTimestamps,
} from './raw-insert.ts';
import type { Target } from './target.ts';
import { targetError } from './target-error.ts';

const duplicateKey = 11_000;
const mixedSchema = 408;
const insertDeadlineMs = 300_000;
/** maxWireVersion of MongoDB 8.0, whose insert knows bypassEmptyTsReplacement. */
const wireVersion8 = 25;

/**
 * Inserts a batch, again after a lost connection: what the first try has left is accepted when it is byte for byte the same. In natural
 * order nothing is tried again here. @throws AppError
 */
export async function insertBatch(target: Target, planned: PlannedCollection, batch: DocumentBatch): Promise<void> {
  const { dataName, natural } = planned;
  const database = target.database(planned.database);
  const keepEmptyTimestamps = target.facts.maxWireVersion >= wireVersion8;
  const work = async (signal: AbortSignal): Promise<void> => {
    const settings = { ordered: natural, keepEmptyTimestamps, signal };
    let refused = await insertRaw(database, dataName, batch, settings);
    if (planned.timeSeries && refused.some(({ code }) => code === mixedSchema)) {
      await database.command({ collMod: planned.name, timeseriesBucketsMayHaveMixedSchemaData: true }, { signal });
      refused = await insertRaw(database, dataName, batch, settings);
    }
    const other = refused.find(({ code }) => code !== duplicateKey);
    if (other !== undefined || (natural && refused.length > 0)) throw refusal(planned, other ?? refused[0]);
    // Before the repair, which would make another's document ours.
    if (refused.length > 0) await assertSame(database, planned, batch, refused, signal);
    const replaced = keepEmptyTimestamps ? [] : withEmptyTimestamps(batch);
    await repair(database, planned, replaced, signal);
  };
  if (!natural) return target.attempt(work, insertDeadlineMs);
  try {
    await work(AbortSignal.any([target.signal, AbortSignal.timeout(insertDeadlineMs)]));
  } catch (thrown) {
    target.signal.throwIfAborted();
    throw targetError(thrown, target.facts.host);
  }
}

async function repair(
  database: Db,
  planned: PlannedCollection,
  documents: readonly Buffer[],
  signal: AbortSignal,
): Promise<void> {
  // Each becomes a literal of the same size inside of a statement: a few at a time keep the message small.
  for (let from = 0; from < documents.length; ) {
    let until = from;
    let bytes = 0;
    for (; until < documents.length && until - from < 1000; until++) {
      bytes += documents[until]?.length ?? 0;
      if (bytes > 16 * 2 ** 20 && until > from) break;
    }
    const refused = await repairEmptyTimestamps(database, planned.dataName, documents.slice(from, until), signal);
    if (refused.length > 0) throw refusal(planned, refused[0]);
    from = until;
  }
}

function withEmptyTimestamps({ bytes }: DocumentBatch): Buffer[] {
  if (!mayHoldEmptyTimestamp(bytes)) return [];
  return documentsOf(bytes).filter((document) => mayHoldEmptyTimestamp(document) && holdsEmptyTimestamp(document));
}

/**
 * A document that was there before must be the one that was to be inserted, but for timestamps that are still to be repaired. `_id`s that
 * cannot be asked for are left to the proof.
 */
async function assertSame(
  database: Db,
  planned: PlannedCollection,
  batch: DocumentBatch,
  refused: readonly RefusedWrite[],
  signal: AbortSignal,
): Promise<void> {
  const documents = documentsOf(batch.bytes);
  const expected = new Map<string, unknown>();
  for (const { index } of refused) {
    const document = documents[index];
    const id = document === undefined ? undefined : exactValue(document, '_id');
    if (document !== undefined && id !== undefined) expected.set(comparable(document), id);
  }
  const match = { $match: { _id: { $in: [...expected.values()] } } };
  const cursor = database.collection(planned.dataName).aggregate([match], { raw: true, signal });
  for await (const found of cursor) {
    if (!Buffer.isBuffer(found)) continue;
    expected.delete(found.toString('latin1'));
    expected.delete(withoutTimestamps(found).toString('latin1'));
  }
  const [different] = expected.values();
  if (expected.size === 0) return;
  throw new AppError('TARGET_REFUSED', `${planned.to} holds another document with _id ${idText(different)}`, {
    hint: 'Something else writes to the target. Stop it, and restore again with --drop.',
  });
}

/** As it is, or, where a timestamp is to be repaired, without any of them. */
function comparable(document: Buffer): string {
  return (holdsEmptyTimestamp(document) ? withoutTimestamps(document) : document).toString('latin1');
}

/** As Extended JSON, shortened. */
export function idText(id: unknown): string {
  const text = BSON.EJSON.stringify(id instanceof Map ? Object.fromEntries(id) : id, { relaxed: true });
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

function documentsOf(bytes: Buffer): Buffer[] {
  const documents: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = documentEnd(bytes, at, bytes.length);
    documents.push(bytes.subarray(at, end));
    at = end;
  }
  return documents;
}

function refusal({ to }: PlannedCollection, refused: RefusedWrite | undefined): AppError {
  return new AppError('TARGET_REFUSED', `${to} does not take a document: ${refused?.message ?? ''}`, {
    details: { code: refused?.code },
    hint: 'See the log of that mongod.',
  });
}
