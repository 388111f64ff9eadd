import { timestampMs } from '../model/optime.ts';
import type { StoredPoint, StoredScan, StoredSet, VaultMetadata } from './metadata-ports.ts';
import { keptAs } from './retention.ts';
import type { VaultStores } from './stores.ts';

const hourMs = 3_600_000;
/** Write sources are kept as long as the charts of a month need them. */
const writesMs = 31 * 24 * hourMs;

/** What a set's schedule lets go at this moment. */
export interface Expiry {
  readonly snapshots: readonly string[];
  readonly points: readonly string[];
  /** Slices whose entries are all older go; null: none. */
  readonly slicesBefore: bigint | null;
}

/** Pure: which snapshots, points and slices no rule keeps any more. `held`: moments that can be brought back nevertheless. */
export function expired(metadata: VaultMetadata, set: StoredSet, nowMs: number, held: readonly bigint[] = []): Expiry {
  const { replicaSetId } = set;
  const stored = metadata.snapshots(replicaSetId);
  const kept = keptAs(stored, set.settings.schedule, nowMs);
  const gone = stored.filter(({ id }) => kept.get(id)?.kinds.length === 0);
  const goneIds = new Set(gone.map(({ id }) => id));
  const keptTs = new Set(stored.filter(({ id }) => !goneIds.has(id)).map(({ optime }) => optime.ts));
  const points = metadata.points(replicaSetId);
  const windowStart = nowMs - set.settings.schedule.windowHours * hourMs;
  const first = windowPoint(points, windowStart);
  const newest = points.at(-1);
  const holding = held.flatMap(
    (ts) => points.findLast((point) => !point.hidden && point.optime.ts <= ts) ?? ([] as const),
  );
  const pointsGone = points.filter(
    (point) =>
      point !== newest &&
      !holding.includes(point) &&
      !keptTs.has(point.optime.ts) &&
      (point.hidden ? newest?.hidden !== true : first !== undefined && point.optime.ts < first.optime.ts),
  );
  return {
    snapshots: [...goneIds],
    points: pointsGone.map(({ id }) => id),
    slicesBefore:
      first === undefined
        ? null
        : least(first.optime.ts, [
            ...openScans(metadata.scans(replicaSetId)),
            ...holding.map(({ optime }) => optime.ts),
          ]),
  };
}

/** From this point on every second of the window can be brought back. */
function windowPoint(points: readonly StoredPoint[], windowStartMs: number): StoredPoint | undefined {
  const visible = points.filter(({ hidden }) => !hidden);
  return visible.findLast(({ optime }) => timestampMs(optime.ts) <= windowStartMs) ?? visible[0];
}

function openScans(scans: readonly StoredScan[]): readonly bigint[] {
  return scans
    .filter(({ state }) => state !== 'folded' && state !== 'given up')
    .flatMap(({ from }) => (from === null ? [] : [from.ts]));
}

function least(ts: bigint, others: readonly bigint[]): bigint {
  return others.reduce((found, other) => (other < found ? other : found), ts);
}

/**
 * Lets go what no rule keeps. `reading`: runs of open views; `held`: moments that were promised. What is forgotten is so before anything is waited for. Answers whether blocks may
 * have become garbage.
 */
export async function retain(
  stores: VaultStores,
  set: StoredSet,
  reading: ReadonlySet<string>,
  held: readonly bigint[] = [],
): Promise<boolean> {
  const { metadata, clock } = stores;
  const { replicaSetId } = set;
  const nowMs = clock.now();
  const { snapshots, points, slicesBefore } = expired(metadata, set, nowMs, held);
  if (snapshots.length > 0) metadata.removeSnapshots(replicaSetId, snapshots);
  if (points.length > 0) metadata.removePoints(replicaSetId, points);
  const runs = metadata.dropUnnamedRuns(replicaSetId, reading);
  metadata.removeWrites(replicaSetId, nowMs - writesMs);
  const { slices } = await stores.group(set.groupId);
  if (slicesBefore !== null) await slices.drop(replicaSetId, slicesBefore);
  return runs > 0;
}
