import { BSON, type Db } from 'mongodb';
import { AppError } from '../runtime/errors.ts';
import { exactValue } from './exact-bson.ts';
import type { PlannedCollection } from './plan.ts';
import {
  batchLimits,
  type DocumentBatch,
  holdsEmptyTimestamp,
  insertAsUpserts,
  insertRaw,
  mayHoldEmptyTimestamp,
  type RefusedWrite,
} from './raw-insert.ts';
import { splitDocuments } from './split-documents.ts';
import type { Target } from './target.ts';
import { fullHint, isDiskFull, targetError } from './target-error.ts';

export const duplicateKey = 11_000;
const mixedSchema = 408;
const insertDeadlineMs = 300_000;
/** maxWireVersion of MongoDB 8.0, whose insert knows bypassEmptyTsReplacement. */
export const wireVersion8 = 25;

/**
 * Inserts a batch, again after a lost connection: what the first try has left is accepted when it is byte for byte the same. In natural
 * order nothing is tried again here. @throws AppError
 */
export async function insertBatch(target: Target, planned: PlannedCollection, batch: DocumentBatch): Promise<void> {
  const { natural } = planned;
  const isExact = target.facts.maxWireVersion >= wireVersion8;
  const parts = isExact ? [{ batch, asUpserts: false }] : partsOf(batch, natural);
  const work = async (signal: AbortSignal): Promise<void> => {
    for (const part of parts) await writePart(target.database(planned.database), planned, part, { isExact, signal });
  };
  if (!natural) return target.attempt(work, insertDeadlineMs);
  try {
    await work(AbortSignal.any([target.signal, AbortSignal.timeout(insertDeadlineMs)]));
  } catch (thrown) {
    target.signal.throwIfAborted();
    throw targetError(thrown, target.facts.host);
  }
}

export interface BatchPart {
  readonly batch: DocumentBatch;
  /** Its documents hold a Timestamp(0, 0), which an insert would replace. */
  readonly asUpserts: boolean;
}

interface WriteSettings {
  readonly isExact: boolean;
  readonly signal: AbortSignal;
}

async function writePart(
  database: Db,
  planned: PlannedCollection,
  { batch, asUpserts }: BatchPart,
  { isExact, signal }: WriteSettings,
): Promise<void> {
  const { dataName, natural, timeSeries } = planned;
  const settings = { ordered: natural, keepEmptyTimestamps: isExact, signal };
  const write = (): Promise<readonly RefusedWrite[]> =>
    asUpserts
      ? insertAsUpserts(database, dataName, splitDocuments(batch.bytes), settings)
      : insertRaw(database, dataName, batch, settings);
  let refused = await write();
  if (timeSeries && refused.some(({ code }) => code === mixedSchema)) {
    await database.command({ collMod: planned.name, timeseriesBucketsMayHaveMixedSchemaData: true }, { signal });
    refused = await write();
  }
  const other = refused.find(({ code }) => code !== duplicateKey);
  if (other !== undefined || (natural && refused.length > 0)) throw refusal(planned, other ?? refused[0]);
  if (refused.length > 0) await assertSame(database, planned, batch, refused, signal);
}

/** Nearly always the batch itself. In natural order the parts follow one another as the documents do. */
export function partsOf(batch: DocumentBatch, natural: boolean): BatchPart[] {
  if (!mayHoldEmptyTimestamp(batch.bytes)) return [{ batch, asUpserts: false }];
  const documents = splitDocuments(batch.bytes).map((document) => ({
    document,
    asUpserts: mayHoldEmptyTimestamp(document) && holdsEmptyTimestamp(document),
  }));
  const inOrder = natural ? documents : documents.toSorted((a, b) => Number(a.asUpserts) - Number(b.asUpserts));
  const parts: BatchPart[] = [];
  for (let at = 0; at < inOrder.length; ) {
    const asUpserts = inOrder[at]?.asUpserts === true;
    const run: Buffer[] = [];
    let bytes = 0;
    for (let next = inOrder[at]; next !== undefined && next.asUpserts === asUpserts; next = inOrder[++at]) {
      bytes += next.document.length;
      // Each becomes a statement, which is larger than it: a few at a time keep the message small.
      if (asUpserts && run.length > 0 && (run.length === upsertsAtOnce || bytes > batchLimits.bytes)) break;
      run.push(next.document);
    }
    parts.push({ batch: { bytes: Buffer.concat(run), count: run.length }, asUpserts });
  }
  return parts;
}

const upsertsAtOnce = 1000;

/** A document that was there before must be the one that was to be inserted. `_id`s that cannot be asked for are left to the proof. */
async function assertSame(
  database: Db,
  planned: PlannedCollection,
  batch: DocumentBatch,
  refused: readonly RefusedWrite[],
  signal: AbortSignal,
): Promise<void> {
  const documents = splitDocuments(batch.bytes);
  const expected = new Map<string, unknown>();
  for (const { index } of refused) {
    const document = documents[index];
    const id = document === undefined ? undefined : exactValue(document, '_id');
    if (document !== undefined && id !== undefined) expected.set(document.toString('latin1'), id);
  }
  const match = { $match: { _id: { $in: [...expected.values()] } } };
  const cursor = database.collection(planned.dataName).aggregate([match], { raw: true, signal });
  for await (const found of cursor) {
    if (Buffer.isBuffer(found)) expected.delete(found.toString('latin1'));
  }
  const [different] = expected.values();
  if (expected.size === 0) return;
  throw new AppError('TARGET_REFUSED', `${planned.to} holds another document with _id ${idText(different)}`, {
    hint: 'Something else writes to the target. Stop it, and restore again with --drop.',
  });
}

/** As Extended JSON, shortened. */
export function idText(id: unknown): string {
  const text = BSON.EJSON.stringify(id instanceof Map ? Object.fromEntries(id) : id, { relaxed: true });
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

function refusal({ to }: PlannedCollection, refused: RefusedWrite | undefined): AppError {
  const message = refused?.message ?? '';
  const isFull = isDiskFull(message);
  return new AppError('TARGET_REFUSED', `${to} does not take a document: ${message}`, {
    details: { code: refused?.code },
    retryable: isFull,
    hint: isFull ? fullHint : 'See the log of that mongod.',
  });
}
