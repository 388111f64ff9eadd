import { IndexCache } from '../blocks/index-cache.ts';
import { RunReader } from '../blocks/run-reader.ts';
import { type Optime, timestampMs } from '../model/optime.ts';
import { AppError, toAppError } from '../runtime/errors.ts';
import { breathe } from './breathe.ts';
import type { DocumentHistory, DocumentVersion } from './document-history.ts';
import { namespaceOf } from './fold-state.ts';
import { changesBetween } from './history-changes.ts';
import type { HistoryQuery } from './history-query.ts';
import type { StoredCollection, StoredPoint, StoredSet } from './metadata-ports.ts';
import type { PointRun } from './ports.ts';
import { lookUp, type RunAccess } from './run-access.ts';
import type { VaultStores } from './stores.ts';
import { otherNamespaces, writeBucketMs } from './write-counter.ts';

/** What a history may take; the versions that were found until then are answered. */
const defaultBudgetMs = 20_000;

interface Held {
  readonly point: StoredPoint;
  readonly collection: StoredCollection | undefined;
  readonly document: Buffer | undefined;
}

/**
 * Versions of one document, oldest first. From `exactFrom` on each change is found with its moment: between two points of which one may hold
 * something of the document, the slices are read. Before that, points tell what they hold, and a change that was undone between two of them is not
 * seen.
 */
export async function historyOf(stores: VaultStores, set: StoredSet, query: HistoryQuery): Promise<DocumentHistory> {
  const { blocks, blockKey, slices } = await stores.group(set.groupId);
  const access: RunAccess = { source: blocks, rules: query.rules, groupKey: blockKey, cache: new IndexCache() };
  const span = (await slices.spans(set.replicaSetId)).at(-1);
  const points = stores.metadata.points(set.replicaSetId).filter(({ hidden }) => !hidden);
  checkHolds(stores, points.at(-1), query.namespace);
  const recent = points.filter(({ optime }) => span !== undefined && optime.ts >= span.first);
  const read = await readBack(stores, set, recent, span?.last ?? 0n, { ...query, access });
  const { exactFrom, found } = read;
  if (found.length > query.limit) {
    const newest = found.slice(-query.limit);
    return { versions: newest, exactFrom: newest[0]?.optime ?? exactFrom, cut: 'limit' };
  }
  if (read.cut === 'time') return { versions: found, exactFrom, cut: 'time' };
  const held: Held[] = [];
  for (const point of points) {
    if (exactFrom !== null && point.optime.ts > exactFrom.ts) break;
    held.push(await heldAt(stores, point, query, access));
  }
  const all = [...stillKnown(held), ...found];
  return { versions: all.slice(-query.limit), exactFrom, cut: all.length > query.limit ? 'limit' : read.cut };
}

/** @throws INPUT_INVALID for a name that holds no documents of its own */
function checkHolds({ metadata }: VaultStores, newest: StoredPoint | undefined, namespace: string): void {
  if (newest === undefined) return;
  const known = metadata.collectionsAt(newest.replicaSetId, newest.optime.ts);
  const found = known.find(({ info }) => namespaceOf(info) === namespace)?.info;
  if (found?.type === 'view') {
    throw new AppError('INPUT_INVALID', `${namespace} is a view`, {
      hint: 'Ask the history of the collection that it shows.',
    });
  }
  if (found?.type !== 'timeseries') return;
  throw new AppError(
    'INPUT_INVALID',
    `${namespace} is a time series: a measurement has no versions, and its _id is no key`,
    {
      hint: `Find it at two moments and compare, or ask the history of a bucket in ${found.database}.system.buckets.${found.name}.`,
    },
  );
}

interface ReadBack {
  readonly found: readonly DocumentVersion[];
  /** Every change after it was found; null: of none it is sure. */
  readonly exactFrom: Optime | null;
  readonly cut: 'time' | 'damage' | null;
}

/** From the newest place back, as far as slices are kept and can be read, the time suffices and the limit is not passed. */
async function readBack(
  stores: VaultStores,
  set: StoredSet,
  points: readonly StoredPoint[],
  last: bigint,
  query: HistoryQuery & { readonly access: RunAccess },
): Promise<ReadBack> {
  const deadline = performance.now() + (query.budgetMs ?? defaultBudgetMs);
  const found: DocumentVersion[] = [];
  let next: Held | undefined;
  let exactFrom: Optime | null = null;
  for (const point of points.toReversed()) {
    if (found.length > query.limit) break;
    if (performance.now() > deadline) return { found, exactFrom, cut: 'time' };
    const held = await heldAt(stores, point, query, query.access);
    const wasGone = next?.collection === undefined && held.collection === undefined;
    if (
      next === undefined ||
      (wasGone ? mayHaveBeen(stores, held, next, query) : await mayDiffer(held, next, query.key, query.access))
    ) {
      try {
        found.unshift(...(await changesBetween(stores, set, point, next?.point.optime.ts ?? last, query)));
      } catch (thrown) {
        if (toAppError(thrown).code !== 'STORE_CORRUPT') throw thrown;
        return { found, exactFrom, cut: 'damage' };
      }
    }
    next = held;
    exactFrom = point.optime;
  }
  return { found, exactFrom, cut: null };
}

async function heldAt(
  { metadata }: VaultStores,
  point: StoredPoint,
  { namespace, key }: HistoryQuery,
  access: RunAccess,
): Promise<Held> {
  await breathe();
  const collection = metadata
    .collectionsAt(point.replicaSetId, point.optime.ts)
    .find(({ info, incomplete }) => !incomplete && info.type === 'collection' && namespaceOf(info) === namespace);
  if (collection === undefined) return { point, collection, document: undefined };
  const found = await lookUp(collection.runs, key, collection.info.capped, access);
  return { point, collection, document: found?.document === undefined ? undefined : Buffer.from(found.document) };
}

/**
 * May anything have happened to the document between two points? The runs that one has and the other has not say so. A base that a compaction
 * made in between does not say what its deltas were: a change and its reversal leave no trace in it.
 */
async function mayDiffer(before: Held, after: Held, key: Buffer, access: RunAccess): Promise<boolean> {
  if (before.collection?.info.uuid !== after.collection?.info.uuid) return true;
  // It has the name at both points: it may have left it and come back, and another one may have had it meanwhile.
  if ((after.collection?.movedAt ?? 0n) > before.point.optime.ts) return true;
  if (!same(before.document, after.document)) return true;
  const known = new Set(before.collection?.runs.map(({ id }) => id));
  const fresh = (after.collection?.runs ?? []).filter(({ id }) => !known.has(id));
  if (fresh.some(({ kind }) => kind === 'base')) return true;
  for (const run of fresh) if (await holds(run, key, access)) return true;
  return false;
}

/** A collection that is at neither of two points may have been there in between: its drop, or its rename, was written then. */
function mayHaveBeen({ metadata }: VaultStores, before: Held, after: Held, { namespace }: HistoryQuery): boolean {
  const fromMs = timestampMs(before.point.optime.ts);
  return metadata
    .writes(before.point.replicaSetId, fromMs - (fromMs % writeBucketMs), timestampMs(after.point.optime.ts) + 1)
    .some((write) => write.namespace === namespace || write.namespace === otherNamespaces);
}

async function holds(run: PointRun, key: Buffer, { source, groupKey, cache }: RunAccess): Promise<boolean> {
  return (await new RunReader(source, run, { groupKey, cache }).get(key)) !== undefined;
}

function same(one: Buffer | undefined, other: Buffer | undefined): boolean {
  return one === undefined || other === undefined ? one === other : one.equals(other);
}

/** What points hold, without those in which the document is as before. */
function stillKnown(held: readonly Held[]): DocumentVersion[] {
  return held
    .filter(({ document }, index) => index === 0 || !same(document, held[index - 1]?.document))
    .map(({ point, document }) => ({
      optime: point.optime,
      atMs: timestampMs(point.optime.ts),
      exact: false,
      kind: document === undefined ? 'missing' : 'found',
      cause: null,
      document: document ?? null,
    }));
}
