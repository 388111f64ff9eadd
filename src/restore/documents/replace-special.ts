import { documentValue, elementsOf, isArray, isDocument, type RawValue } from '../../query/raw-value.ts';
import type { PlannedCollection } from '../plan.ts';
import { deleteRaw, insertAsUpserts, replaceByPipeline } from '../raw-insert.ts';
import type { Target } from '../target.ts';

interface Place {
  readonly target: Target;
  readonly planned: PlannedCollection;
  readonly signal: AbortSignal;
}

/**
 * Puts a document that no replacement takes in the place of another one: at every moment one of the two is there. In a replica set the old one
 * is deleted and the new one comes as an upsert in one transaction; a standalone mongod has none, and gets an update by a pipeline. Answers why it was
 * refused (the old one stays), or null.
 */
export async function replaceSpecial(place: Place, document: Buffer, other: Buffer): Promise<string | null> {
  const { target, planned, signal } = place;
  const database = target.database(planned.database);
  if (target.facts.setName !== null) return inTransaction(place, document);
  if (hasTwins(documentValue(document)) || hasTwins(documentValue(other))) {
    return 'a name stands in it twice and another one begins with $, or it holds Timestamp(0, 0): a standalone mongod cannot replace it in one step';
  }
  const [refused] = await replaceByPipeline(database, planned.name, document, { signal });
  return refused?.message ?? null;
}

async function inTransaction({ target, planned, signal }: Place, document: Buffer): Promise<string | null> {
  const database = target.database(planned.database);
  const session = target.client.startSession();
  try {
    session.startTransaction({ writeConcern: { w: 1 } });
    await deleteRaw(database, planned.name, [document], { session, signal });
    const [refused] = await insertAsUpserts(database, planned.name, [document], { ordered: true, session, signal });
    if (refused !== undefined) {
      // The server has ended it already.
      await session.abortTransaction();
      return refused.message;
    }
    await session.commitTransaction();
    return null;
  } finally {
    // One that is still open is aborted by it.
    await session.endSession();
  }
}

/** Does a name stand twice in the document, or in one within it? */
function hasTwins(value: RawValue): boolean {
  const names = new Set<string>();
  for (const { name, value: inner } of elementsOf(value)) {
    if (names.has(name)) return true;
    names.add(name);
    if ((isDocument(inner) || isArray(inner)) && hasTwins(inner)) return true;
  }
  return false;
}
