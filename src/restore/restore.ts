import type { Optime } from '../model/optime.ts';
import { AppError } from '../runtime/errors.ts';
import { restoreAccounts } from './accounts.ts';
import { namesInTheWay } from './checks.ts';
import type { CopySettings } from './copy-collection.ts';
import { createCollection, createViews, dropCollection, type Refusal } from './create-collection.ts';
import type { CollectionDigest } from './digest.ts';
import { indexesBeforeProof, turnOnExpiry } from './expiry.ts';
import { fillCollection } from './fill-collection.ts';
import { waitForMajority } from './majority.ts';
import type { PlannedCollection, RestorePlan } from './plan.ts';
import type { RestoreSource } from './ports.ts';
import { type ProgressMeter, type RestoreProgress, withProgress } from './progress.ts';
import { type CollectionProof, proveCollection } from './proof.ts';
import { forEachAtOnce, Slots } from './slots.ts';
import type { Target } from './target.ts';

export interface RestoreSettings {
  /** What stands in the way is dropped, each collection right before it is written. */
  readonly drop: boolean;
  readonly keepTtlOff: boolean;
  /** Inserts at once; collections at once are as many. */
  readonly parallel: number;
  readonly onProgress: (progress: RestoreProgress) => void;
  /** Told when a collection of the target is begun, and when all of its documents are there. */
  readonly onCollection?: (namespace: string, state: 'begun' | 'copied') => void;
  readonly now: () => number;
  /** Of the stretches in which collections are read back side by side; default 64 MiB. */
  readonly stretchBytes?: number;
}

export interface RestoreReport {
  readonly optime: Optime;
  readonly target: string;
  readonly collections: readonly CollectionProof[];
  readonly views: number;
  readonly indexes: number;
  readonly accounts: number;
  readonly documents: number;
  readonly bytes: number;
  /** What the target did not take: everything else is there. */
  readonly refusals: readonly Refusal[];
  readonly skipped: RestorePlan['skipped'];
  readonly copyMs: number;
  readonly proofMs: number;
  readonly tookMs: number;
}

/**
 * Writes the plan's collections into the target, proves by reading them back that they hold what the source gave, then switches on
 * what would delete documents, and makes views and accounts. @throws TARGET_NOT_EMPTY, RESTORE_DIFFERS (the report in its details), …
 */
export async function restore(
  source: RestoreSource,
  target: Target,
  plan: RestorePlan,
  settings: RestoreSettings,
): Promise<RestoreReport> {
  return withProgress(settings, (meter) => restoreAndProve(source, target, plan, settings, meter));
}

async function restoreAndProve(
  source: RestoreSource,
  target: Target,
  plan: RestorePlan,
  settings: RestoreSettings,
  meter: ProgressMeter,
): Promise<RestoreReport> {
  const startedMs = settings.now();
  if (!settings.drop) await assertNothingInTheWay(target, plan);
  meter.begin('data', plan.contentBytes);
  const refusals: Refusal[] = [];
  const digests = await copyAll(source, target, plan, { ...settings, meter, refusals });
  await meter.during('waiting for a majority', () => waitForMajority(target, databaseOf(plan)));
  const copiedMs = settings.now();
  const collections = await proveAll(target, digests, settings.parallel, meter);
  const provedMs = settings.now();
  const differing = collections.filter(({ difference }) => difference !== null);
  if (differing.length === 0) await finish(target, plan, digests.keys(), { ...settings, refusals });
  const accounts =
    differing.length > 0 ? { accounts: 0, refusals: [] } : await restoreAccounts(target, source, plan.accounts);
  await waitForMajority(target, databaseOf(plan));
  const missing = refusals.filter(({ kind }) => kind === 'index').length;
  const report: RestoreReport = {
    optime: source.optime,
    target: target.facts.host,
    collections,
    views: plan.views.length - refusals.filter(({ kind }) => kind === 'view').length,
    indexes: [...digests.keys()].reduce((sum, { indexes }) => sum + indexes.length, 0) - missing,
    accounts: accounts.accounts,
    documents: collections.reduce((sum, { foundDocuments }) => sum + foundDocuments, 0),
    bytes: collections.reduce((sum, { foundBytes }) => sum + foundBytes, 0),
    refusals: [...refusals, ...accounts.refusals],
    skipped: plan.skipped,
    copyMs: copiedMs - startedMs,
    proofMs: provedMs - copiedMs,
    tookMs: settings.now() - startedMs,
  };
  meter.begin('end', 0);
  if (differing.length === 0) return report;
  const named = differing.slice(0, 3).map(({ to, difference }) => `${to}: ${difference}`);
  const more = differing.length > 3 ? ` and ${differing.length - 3} more` : '';
  throw new AppError('RESTORE_DIFFERS', `${named.join('; ')}${more}`, { details: { report } });
}

async function assertNothingInTheWay(target: Target, plan: RestorePlan): Promise<void> {
  const names = await namesInTheWay(target, plan);
  if (names.length === 0) return;
  const shown = names.slice(0, 10).join(', ');
  const more = names.length > 10 ? ` and ${names.length - 10} more` : '';
  throw new AppError('TARGET_NOT_EMPTY', `${target.facts.host} has ${shown}${more} already`, { details: { names } });
}

interface Running extends RestoreSettings {
  readonly meter: ProgressMeter;
  readonly refusals: Refusal[];
}

function databaseOf({ collections, views }: RestorePlan): string {
  return collections[0]?.database ?? views[0]?.database ?? 'admin';
}

type Digests = ReadonlyMap<PlannedCollection, CollectionDigest>;

async function copyAll(source: RestoreSource, target: Target, plan: RestorePlan, running: Running): Promise<Digests> {
  const { meter, refusals, parallel } = running;
  const digests = new Map<PlannedCollection, CollectionDigest>();
  const copy: CopySettings = {
    source,
    target,
    slots: new Slots(parallel),
    onCopied: (documents, bytes) => meter.add(documents, bytes),
    ...(running.stretchBytes === undefined ? {} : { stretchBytes: running.stretchBytes }),
  };
  if (running.drop) for (const { database, name } of plan.views) await dropCollection(target, database, name);
  const copyOne = async (planned: PlannedCollection): Promise<void> => {
    running.onCollection?.(planned.to, 'begun');
    if (running.drop) await dropCollection(target, planned.database, planned.name);
    const created = await createCollection(target, planned);
    refusals.push(...created);
    if (created.some(({ kind }) => kind === 'collection')) return;
    const filled = await fillCollection(planned, {
      ...copy,
      indexes: indexesBeforeProof(target, planned, running.keepTtlOff),
      onFilled: () => running.onCollection?.(planned.to, 'copied'),
      whileBuilding: (work) => meter.during(`indexes of ${planned.to}`, work),
    });
    digests.set(planned, filled.digest);
    refusals.push(...filled.refusals);
  };
  // The others may have hours to go: they end with the first that fails.
  await forEachAtOnce(plan.collections, parallel, copyOne, (thrown) => target.stop(thrown));
  return digests;
}

async function proveAll(
  target: Target,
  digests: Digests,
  atOnce: number,
  meter: ProgressMeter,
): Promise<readonly CollectionProof[]> {
  meter.begin(
    'proof',
    [...digests.values()].reduce((sum, { bytes }) => sum + bytes, 0),
  );
  const proofs: CollectionProof[] = [];
  const slots = new Slots(atOnce);
  await forEachAtOnce([...digests], atOnce, async ([planned, sent]) => {
    proofs.push(await proveCollection(target, planned, sent, slots, (bytes) => meter.add(0, bytes)));
  });
  return proofs.toSorted((a, b) => (a.to < b.to ? -1 : 1));
}

async function finish(
  target: Target,
  plan: RestorePlan,
  collections: Iterable<PlannedCollection>,
  { keepTtlOff, refusals }: Pick<Running, 'keepTtlOff' | 'refusals'>,
): Promise<void> {
  if (!keepTtlOff) for (const planned of collections) refusals.push(...(await turnOnExpiry(target, planned)));
  refusals.push(...(await createViews(target, plan.views)));
}
