import type { Document } from 'mongodb';
import type { SeriesFields } from '../../query/series/series-fields.ts';
import { AppError } from '../../runtime/errors.ts';
import { exactValue } from '../exact-bson.ts';
import { readIndexes } from '../index-proof.ts';
import { idText } from '../insert-batch.ts';
import type { PlannedCollection } from '../plan.ts';
import type { ProgressMeter } from '../progress.ts';
import { splitDocuments } from '../split-documents.ts';
import type { Target } from '../target.ts';
import type { ChosenDocuments } from './chosen.ts';
import { findCopies } from './copies.ts';
import { seriesOfPlan } from './measurements.ts';

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
    const copyOf = await findCopies(target, planned, own, 'local');
    for (const document of own) {
      const other = copyOf(document);
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

async function isCollection(target: Target, planned: PlannedCollection): Promise<boolean> {
  const { database, name, to, timeSeries } = planned;
  const [found] = await target.attempt((signal) =>
    target.database(database).listCollections({ name }, { signal }).toArray(),
  );
  if (found === undefined) return false;
  const kind = timeSeries ? 'timeseries' : 'collection';
  const hint = 'Write them under another name with --rename.';
  if (found.type !== kind) {
    const takes = timeSeries ? 'measurements go into a time series' : 'it takes no documents';
    throw new AppError('TARGET_REFUSED', `${to} is a ${found.type} at ${target.facts.host}: ${takes}`, { hint });
  }
  if (timeSeries) checkFields(target, planned, found);
  return true;
}

/** Measurements keep the names of their fields: the series must call time and meta alike. */
function checkFields(target: Target, planned: PlannedCollection, found: Document): void {
  const wanted = seriesOfPlan(planned);
  const options: Document = found['options']?.timeseries ?? {};
  const has = { timeField: String(options['timeField']), metaField: textOrNull(options['metaField']) };
  if (has.timeField === wanted.timeField && has.metaField === wanted.metaField) return;
  throw new AppError(
    'TARGET_REFUSED',
    `${planned.to} at ${target.facts.host} is a time series with ${fieldWords(has)}, not ${fieldWords(wanted)}`,
    {
      hint: 'Write them under another name with --rename.',
    },
  );
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function fieldWords({ timeField, metaField }: SeriesFields): string {
  return `time "${timeField}"${metaField === null ? '' : ` and meta "${metaField}"`}`;
}

async function expiring(target: Target, { database, name, timeSeries }: PlannedCollection): Promise<readonly string[]> {
  if (timeSeries) {
    const [found] = await target.attempt((signal) =>
      target.database(database).listCollections({ name }, { signal }).toArray(),
    );
    return (found as Document | undefined)?.['options']?.expireAfterSeconds === undefined ? [] : ['expireAfterSeconds'];
  }
  const indexes = await readIndexes(target, database, name);
  return indexes.filter((index) => index.has('expireAfterSeconds')).map((index) => String(index.get('name')));
}
