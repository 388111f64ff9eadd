import type { PlannedCollection } from '../plan.ts';
import type { Target } from '../target.ts';
import { existingDocuments, keyText } from './existing.ts';
import type { LookUp } from './look-up.ts';
import { existingMeasurements, takeOne } from './measurements.ts';

/** Answers what the target has of a document: under its `_id`, or (a measurement of a time series) one more that is the same. */
export type FindCopy = (document: Buffer) => Buffer | undefined;

/** Looks for documents of a collection at the target, all at once. */
export async function findCopies(
  target: Target,
  planned: PlannedCollection,
  documents: readonly Buffer[],
  readConcern: LookUp['readConcern'],
): Promise<FindCopy> {
  const place = { target, database: planned.database, collection: planned.name, readConcern };
  if (planned.timeSeries) {
    const counts = await existingMeasurements(place, planned, documents);
    return (document) => (takeOne(counts, document) ? document : undefined);
  }
  const found = await existingDocuments(place, documents);
  return (document) => found.get(keyText(document));
}
