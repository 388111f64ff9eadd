import { IndexCache } from '../blocks/index-cache.ts';
import { RunReader } from '../blocks/run-reader.ts';
import { timestampMs } from '../model/optime.ts';
import { breathe } from './breathe.ts';
import { namespaceOf } from './fold-state.ts';
import { changesBetween, type HistoryQuery } from './history-changes.ts';
import type { StoredPoint, StoredSet } from './metadata-ports.ts';
import type { CollectionRuns, DocumentVersion, PointRun } from './ports.ts';
import { lookUp, type RunAccess } from './run-access.ts';
import type { VaultStores } from './stores.ts';

/** What a history may take; the versions that were found until then are answered. */
const budgetMs = 20_000;

interface Held {
  readonly point: StoredPoint;
  readonly collection: CollectionRuns | undefined;
  readonly document: Buffer | undefined;
}

/**
 * Versions of one document, oldest first. Where slices are kept each change is found with its moment: between two points of which one holds
 * something of the document, they are read. Before that, snapshots tell what they hold.
 */
export async function historyOf(
  stores: VaultStores,
  set: StoredSet,
  query: HistoryQuery,
): Promise<readonly DocumentVersion[]> {
  const deadline = performance.now() + budgetMs;
  const { blocks, blockKey, slices } = await stores.group(set.groupId);
  const access: RunAccess = { source: blocks, apply: query.apply, groupKey: blockKey, cache: new IndexCache() };
  const span = (await slices.spans(set.replicaSetId)).at(-1);
  const points = stores.metadata.points(set.replicaSetId).filter(({ hidden }) => !hidden);
  const recent = points.filter(({ optime }) => span !== undefined && optime.ts >= span.first);
  const older = points.filter((point) => !recent.includes(point));
  const found: DocumentVersion[] = [];
  let next: Held | undefined;
  for (const point of recent.toReversed()) {
    const held = await heldAt(stores, point, query, access);
    if (next === undefined || (await differs(held, next, query.key, access))) {
      const until = next?.point.optime.ts ?? span?.last ?? 0n;
      found.unshift(...(await changesBetween(stores, set, held.point, until, { ...query, access })));
    }
    next = held;
    if (found.length >= query.limit || performance.now() > deadline) return found.slice(-query.limit);
  }
  const snapshots: Held[] = [];
  for (const point of older) snapshots.push(await heldAt(stores, point, query, access));
  return [...stillKnown([...snapshots, ...(next === undefined ? [] : [next])]), ...found].slice(-query.limit);
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
    .find(({ info, incomplete }) => !incomplete && namespaceOf(info) === namespace);
  if (collection === undefined) return { point, collection, document: undefined };
  const found = await lookUp(collection.runs, key, collection.info.capped, access);
  return { point, collection, document: found?.document === undefined ? undefined : Buffer.from(found.document) };
}

/** Did anything happen to the document between two points? The runs that one has and the other has not say so. */
async function differs(before: Held, after: Held, key: Buffer, access: RunAccess): Promise<boolean> {
  if (before.collection?.info.uuid !== after.collection?.info.uuid) return true;
  if (!same(before.document, after.document)) return true;
  const known = new Set(before.collection?.runs.map(({ id }) => id));
  const fresh = (after.collection?.runs ?? []).filter(({ id, kind }) => kind === 'delta' && !known.has(id));
  for (const run of fresh) if (await holds(run, key, access)) return true;
  return false;
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
      document: document ?? null,
    }));
}
