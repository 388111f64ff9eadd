import { type BatchPart, duplicateKey, partsOf, wireVersion8 } from '../insert-batch.ts';
import type { PlannedCollection } from '../plan.ts';
import {
  type DocumentBatch,
  holdsDollarName,
  holdsEmptyTimestamp,
  insertAsUpserts,
  insertRaw,
  type RefusedWrite,
  replaceRaw,
} from '../raw-insert.ts';
import { splitDocuments } from '../split-documents.ts';
import type { Target } from '../target.ts';
import { existingDocuments, keyText } from './existing.ts';
import type { RefusedDocument, WrittenBatch } from './refused-documents.ts';
import { replaceSpecial } from './replace-special.ts';

/** What becomes of a document whose `_id` is at the target with other content. */
export type Existing = 'refuse' | 'replace' | 'keep';

const deadlineMs = 600_000;

/**
 * Writes a batch into a collection that may hold documents of its own; again after a lost connection. A document that is there byte for
 * byte is as good as written. Other content is handled as `existing` says: refuse tells it, for it has come since it was looked for.
 */
export function writeDocuments(
  target: Target,
  planned: PlannedCollection,
  batch: DocumentBatch,
  existing: Existing,
): Promise<WrittenBatch> {
  const keepsTimestamps = target.facts.maxWireVersion >= wireVersion8;
  const parts = keepsTimestamps ? [{ batch, asUpserts: false }] : partsOf(batch, planned.natural);
  const write = { target, planned, keepsTimestamps };
  return target.attempt(async (signal) => {
    const kept: Buffer[] = [];
    const refused: RefusedDocument[] = [];
    for (const part of parts) {
      const taken = await sortOut(write, await insert({ ...write, signal }, part), existing, signal);
      kept.push(...taken.kept);
      refused.push(...taken.refused);
    }
    return { kept, refused };
  }, deadlineMs);
}

interface Write {
  readonly target: Target;
  readonly planned: PlannedCollection;
  readonly keepsTimestamps: boolean;
}
interface NotInserted {
  readonly document: Buffer;
  readonly write: RefusedWrite;
}

async function insert(
  { target, planned, keepsTimestamps, signal }: Write & { readonly signal: AbortSignal },
  { batch, asUpserts }: BatchPart,
): Promise<readonly NotInserted[]> {
  const database = target.database(planned.database);
  const documents = splitDocuments(batch.bytes);
  // Unordered: what is refused keeps back nothing that comes after it.
  const settings = { ordered: false, keepEmptyTimestamps: keepsTimestamps, signal };
  const refused = asUpserts
    ? await insertAsUpserts(database, planned.name, documents, settings)
    : await insertRaw(database, planned.name, batch, settings);
  return refused.flatMap((write) => {
    const document = documents[write.index];
    return document === undefined ? [] : [{ document, write }];
  });
}

async function sortOut(
  write: Write,
  notInserted: readonly NotInserted[],
  existing: Existing,
  signal: AbortSignal,
): Promise<WrittenBatch> {
  const { target, planned } = write;
  const duplicates = notInserted.filter((one) => one.write.code === duplicateKey);
  const refused = notInserted.filter((one) => one.write.code !== duplicateKey).map(refusal);
  if (duplicates.length === 0) return { kept: [], refused };
  const place = { target, database: planned.database, collection: planned.name, readConcern: 'local' } as const;
  const found = await existingDocuments(
    place,
    duplicates.map(({ document }) => document),
  );
  const differing: Differing[] = [];
  for (const duplicate of duplicates) {
    const other = found.get(keyText(duplicate.document));
    // Another unique index than that of `_id`.
    if (other === undefined) refused.push(refusal(duplicate));
    else if (!other.equals(duplicate.document)) differing.push({ document: duplicate.document, other });
  }
  if (existing === 'keep') return { kept: differing.map(({ document }) => document), refused };
  if (existing === 'replace') return { kept: [], refused: [...refused, ...(await replace(write, differing, signal))] };
  const reason = 'another document with this _id has come to the target meanwhile';
  return { kept: [], refused: [...refused, ...differing.map(({ document }) => ({ document, reason }))] };
}

interface Differing {
  readonly document: Buffer;
  /** What the target has. */
  readonly other: Buffer;
}

async function replace(
  { target, planned, keepsTimestamps }: Write,
  differing: readonly Differing[],
  signal: AbortSignal,
): Promise<readonly RefusedDocument[]> {
  const database = target.database(planned.database);
  // A replacement puts the time where Timestamp(0, 0) stands (before 8.0), and takes no names with a $.
  const isSpecial = ({ document }: Differing): boolean =>
    (!keepsTimestamps && holdsEmptyTimestamp(document)) || holdsDollarName(document);
  const special = differing.filter(isSpecial);
  const plain = differing.filter((one) => !isSpecial(one)).map(({ document }) => document);
  const refused: RefusedDocument[] = [];
  if (plain.length > 0) {
    const writes = await replaceRaw(database, planned.name, plain, { keepEmptyTimestamps: keepsTimestamps, signal });
    for (const write of writes) refused.push(...refusalOf(plain[write.index], write));
  }
  for (const { document, other } of special) {
    const reason = await replaceSpecial({ target, planned, signal }, document, other);
    if (reason !== null) refused.push({ document, reason });
  }
  return refused;
}

function refusalOf(document: Buffer | undefined, write: RefusedWrite): RefusedDocument[] {
  return document === undefined ? [] : [refusal({ document, write })];
}

function refusal({ document, write: { message } }: NotInserted): RefusedDocument {
  return { document, reason: message };
}
