import { AppError } from '../../runtime/errors.ts';
import { exactValue } from '../exact-bson.ts';
import { readIndexes } from '../index-proof.ts';
import { idText } from '../insert-batch.ts';
import type { PlannedCollection } from '../plan.ts';
import type { ProgressMeter } from '../progress.ts';
import { splitDocuments } from '../split-documents.ts';
import type { Target } from '../target.ts';
import type { ChosenDocuments } from './chosen.ts';
import { existingDocuments, keyText } from './existing.ts';

/** What would be written, and what of it is at the target already. */
export interface DocumentsSurvey {
  readonly documents: number;
  readonly bytes: number;
  /** The collection that they go to is there. */
  readonly exists: boolean;
  /** There byte for byte. */
  readonly same: number;
  /** There under the same `_id` with other content. */
  readonly differing: number;
  /** `_id`s of the first of these, as Extended JSON. */
  readonly firstDiffering: readonly string[];
  /** TTL indexes of the collection that is there: they delete what has expired, also what is restored now. */
  readonly expiringIndexes: readonly string[];
}

const shown = 10;

/** Reads the chosen documents once and looks for each at the target. @throws TARGET_REFUSED when the name is no collection there */
export async function surveyDocuments(
  target: Target,
  planned: PlannedCollection,
  chosen: ChosenDocuments,
  meter: ProgressMeter,
): Promise<DocumentsSurvey> {
  const exists = await isCollection(target, planned);
  meter.begin('search', 0);
  const firstDiffering: string[] = [];
  let [documents, bytes, same, differing] = [0, 0, 0, 0];
  for await (const batch of chosen.batches(target.signal)) {
    documents += batch.count;
    bytes += batch.bytes.length;
    meter.add(batch.count, batch.bytes.length);
    if (!exists) continue;
    const own = splitDocuments(batch.bytes);
    const place = { target, database: planned.database, collection: planned.name, readConcern: 'local' } as const;
    const found = await existingDocuments(place, own);
    for (const document of own) {
      const other = found.get(keyText(document));
      if (other === undefined) continue;
      if (other.equals(document)) {
        same++;
        continue;
      }
      differing++;
      if (firstDiffering.length < shown) firstDiffering.push(idOf(document));
    }
  }
  const expiringIndexes = exists ? await expiring(target, planned) : [];
  return { documents, bytes, exists, same, differing, firstDiffering, expiringIndexes };
}

/** For people. */
export function idOf(document: Buffer): string {
  const id = exactValue(document, '_id');
  return id === undefined ? '(a value that cannot be shown)' : idText(id);
}

async function isCollection(target: Target, { database, name, to }: PlannedCollection): Promise<boolean> {
  const [found] = await target.attempt((signal) =>
    target.database(database).listCollections({ name }, { nameOnly: true, signal }).toArray(),
  );
  if (found === undefined) return false;
  if (found.type === 'collection') return true;
  throw new AppError('TARGET_REFUSED', `${to} is a ${found.type} at ${target.facts.host}: it takes no documents`, {
    hint: 'Write them under another name with --rename.',
  });
}

async function expiring(target: Target, { database, name }: PlannedCollection): Promise<readonly string[]> {
  const indexes = await readIndexes(target, database, name);
  return indexes.filter((index) => index.has('expireAfterSeconds')).map((index) => String(index.get('name')));
}
