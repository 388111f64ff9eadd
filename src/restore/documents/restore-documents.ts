import type { Optime } from '../../model/optime.ts';
import { AppError } from '../../runtime/errors.ts';
import { createCollection, type Refusal } from '../create-collection.ts';
import { type CollectionDigest, DigestWriter } from '../digest.ts';
import { indexesBeforeProof, turnOnExpiry } from '../expiry.ts';
import { buildIndexes } from '../indexes.ts';
import { waitForMajority } from '../majority.ts';
import { narrowCap } from '../narrow-cap.ts';
import type { PlannedCollection, RestorePlan } from '../plan.ts';
import type { RestoreSource } from '../ports.ts';
import { type ProgressMeter, type RestoreProgress, withProgress } from '../progress.ts';
import type { CollectionProof } from '../proof.ts';
import type { DocumentBatch } from '../raw-insert.ts';
import { Slots } from '../slots.ts';
import type { Target } from '../target.ts';
import { ChosenDocuments } from './chosen.ts';
import { measurementKey, writeMeasurements } from './measurements.ts';
import { proveDocuments } from './prove-documents.ts';
import { RefusedDocuments, type WrittenBatch } from './refused-documents.ts';
import { type DocumentsSurvey, idOf, surveyDocuments } from './survey.ts';
import { type Existing, writeDocuments } from './write-documents.ts';

export interface DocumentsSettings {
  readonly existing: Existing;
  readonly keepTtlOff: boolean;
  /** Batches under way at once. */
  readonly parallel: number;
  readonly onProgress: (progress: RestoreProgress) => void;
  /** Told what was found; what is thrown or awaited here holds up the writing. */
  readonly beforeWriting?: (survey: DocumentsSurvey) => Promise<void> | void;
  readonly now: () => number;
  /** Of documents that are read once; default 64 MiB. */
  readonly heldBytes?: number;
}

export interface DocumentsReport {
  readonly optime: Optime;
  readonly target: string;
  readonly survey: DocumentsSurvey;
  /** Inserted, or put in place of others. */
  readonly written: number;
  /** Left at the target as they are there. */
  readonly kept: number;
  readonly refused: readonly { readonly id: string; readonly reason: string }[];
  readonly proof: CollectionProof;
  /** Options and indexes of a collection that was made for them. */
  readonly refusals: readonly Refusal[];
  readonly indexes: number;
  readonly tookMs: number;
}

/** The only collection that the plan of chosen documents has. @throws USAGE */
export function onlyCollection(plan: RestorePlan): PlannedCollection {
  const [planned] = plan.collections;
  if (planned === undefined || plan.collections.length > 1) {
    const [why] = plan.skipped;
    const words = why === undefined ? 'documents can be chosen from one collection' : `${why.namespace}: ${why.why}`;
    throw new AppError('USAGE', words, { hint: 'Name a collection of a user database with --namespace.' });
  }
  return planned;
}

/**
 * Writes chosen documents of one collection beside what the target has, and proves by reading each of them back that they are there as
 * they were. A collection that is not there is made with its options and indexes; one that is there is not changed otherwise.
 * @throws TARGET_NOT_EMPTY (existing: refuse), RESTORE_DIFFERS (the report in its details), …
 */
export async function restoreDocuments(
  source: RestoreSource,
  target: Target,
  planned: PlannedCollection,
  settings: DocumentsSettings,
): Promise<DocumentsReport> {
  return withProgress(settings, (meter) => writeAndProve(source, target, planned, settings, meter));
}

async function writeAndProve(
  source: RestoreSource,
  target: Target,
  planned: PlannedCollection,
  settings: DocumentsSettings,
  meter: ProgressMeter,
): Promise<DocumentsReport> {
  const startedMs = settings.now();
  if (planned.timeSeries && settings.existing === 'replace') throw cannotReplace(planned);
  const chosen = new ChosenDocuments(source, planned, settings.heldBytes);
  const survey = await surveyDocuments(target, planned, chosen, meter);
  await settings.beforeWriting?.(survey);
  if (settings.existing === 'refuse' && survey.differing > 0) throw inTheWay(target, planned, survey);
  const refusals = survey.exists ? [] : [...(await createCollection(target, planned))];
  const missing = refusals.find(({ kind }) => kind === 'collection');
  if (missing !== undefined) throw new AppError('TARGET_REFUSED', `${planned.to} cannot be made: ${missing.reason}`);
  meter.begin('data', survey.bytes);
  const refused = new RefusedDocuments(planned.timeSeries ? measurementKey : undefined);
  const someAreThere = survey.same > 0;
  const kept = await writeAll(target, planned, chosen, { ...settings, meter, refused, someAreThere });
  let indexes = 0;
  if (!survey.exists) {
    refusals.push(...(await narrowCap(target, planned)));
    const specs = indexesBeforeProof(target, planned, settings.keepTtlOff);
    refusals.push(...(await meter.during(`indexes of ${planned.to}`, () => buildIndexes(target, planned, specs))));
    indexes = planned.indexes.length;
  }
  await meter.during('waiting for a majority', () => waitForMajority(target, planned.database));
  meter.begin('proof', survey.bytes);
  const proof = await proveDocuments(target, planned, chosen, { kept, refused }, meter);
  const isEqual = proof.difference === null;
  if (isEqual && !survey.exists && !settings.keepTtlOff) refusals.push(...(await turnOnExpiry(target, planned)));
  meter.begin('end', 0);
  const report: DocumentsReport = {
    optime: source.optime,
    target: target.facts.host,
    survey,
    written: proof.documents - survey.same,
    kept: kept.documents,
    refused: refused.all().map(({ document, reason }) => ({ id: idOf(document), reason })),
    proof,
    refusals,
    indexes: indexes - refusals.filter(({ kind }) => kind === 'index').length,
    tookMs: settings.now() - startedMs,
  };
  if (isEqual) return report;
  const ttl = survey.expiringIndexes.length > 0 ? ' (its TTL index may have deleted what has expired)' : '';
  throw new AppError('RESTORE_DIFFERS', `${planned.to}: ${proof.difference}${ttl}`, { details: { report } });
}

function cannotReplace({ from }: PlannedCollection): AppError {
  return new AppError('USAGE', `--existing replace: a measurement of a time series (${from}) takes no other's place`, {
    hint: 'Leave it out: measurements are written beside those that are there, and what is there already is not written again.',
  });
}

interface Writing extends DocumentsSettings {
  readonly someAreThere: boolean;
  readonly meter: ProgressMeter;
  readonly refused: RefusedDocuments;
}

/** Answers the digest of the documents that were kept back. */
async function writeAll(
  target: Target,
  planned: PlannedCollection,
  chosen: ChosenDocuments,
  { existing, parallel, meter, refused, someAreThere }: Writing,
): Promise<CollectionDigest> {
  const write = (batch: DocumentBatch): Promise<WrittenBatch> =>
    planned.timeSeries
      ? writeMeasurements(target, planned, batch, someAreThere)
      : writeDocuments(target, planned, batch, existing);
  const kept = new DigestWriter('any');
  // Natural order comes from the order of the inserts.
  const slots = new Slots(planned.natural ? 1 : parallel);
  const running = new Set<Promise<void>>();
  const failures: unknown[] = [];
  try {
    for await (const batch of chosen.batches(target.signal)) {
      await slots.take();
      if (failures.length > 0) break;
      const writing = write(batch)
        .then((written) => {
          for (const document of written.kept) kept.add(document, 1);
          refused.add(planned.to, written.refused);
          meter.add(batch.count, batch.bytes.length);
        })
        .catch((thrown: unknown) => void failures.push(thrown))
        .finally(() => {
          slots.release();
          running.delete(writing);
        });
      running.add(writing);
    }
  } finally {
    await Promise.all(running);
  }
  if (failures.length > 0) throw failures[0];
  return kept.finish();
}

function inTheWay(target: Target, planned: PlannedCollection, survey: DocumentsSurvey): AppError {
  const { differing, documents, firstDiffering } = survey;
  const more = differing > firstDiffering.length ? ` and ${differing - firstDiffering.length} more` : '';
  const which = `_id ${firstDiffering.join(', ')}${more}`;
  return new AppError(
    'TARGET_NOT_EMPTY',
    `${planned.to} of ${target.facts.host} has ${differing} of these ${documents} documents with other content: ${which}`,
    {
      hint: 'Nothing was written. --existing replace puts the restored ones in their place, --existing keep leaves them, --rename writes elsewhere.',
      details: { survey },
    },
  );
}
