import type { BackupSchedule, BackupSet, Snapshot } from '../../../../wire/api/backups.ts';

const hourMs = 3_600_000;

type StoredSet = Pick<BackupSet, 'storedBytes' | 'slicesBytes' | 'windowFromMs' | 'protectedUntilMs'>;
type TakenSnapshot = Pick<Snapshot, 'atMs' | 'keptAs' | 'newBytes' | 'reason'>;

/**
 * About what a schedule takes in the store once it ran long enough, bytes: one copy, what each kept snapshot adds to the one before it, and the oplog of the
 * window. `agesMs`: of the snapshots that will be kept, youngest first. What changes in a time is reckoned from the recent snapshots; a snapshot adds what
 * changed since the one before it that is kept, and never more than a copy. Null: two recent snapshots are needed.
 */
export function previewSpace(
  set: StoredSet,
  schedule: Pick<BackupSchedule, 'windowHours'>,
  snapshots: readonly TakenSnapshot[],
  agesMs: readonly number[],
): number | null {
  const recent = snapshots
    .filter(({ keptAs }) => keptAs.includes('recent'))
    .sort((one, other) => one.atMs - other.atMs);
  const [first, ...later] = recent;
  const newest = later.at(-1);
  if (first === undefined || newest === undefined || newest.atMs <= first.atMs || set.storedBytes === 0) return null;
  const newPerMs = sumOf(later) / (newest.atMs - first.atMs);
  const copy = Math.max(0, set.storedBytes - sumOf(snapshots.filter(({ reason }) => reason !== 'initial')));
  const added = agesMs
    .slice(1)
    .reduce((sum, ageMs, index) => sum + Math.min(copy, newPerMs * (ageMs - (agesMs[index] ?? 0))), 0);
  return copy + added + slicesFor(set, schedule.windowHours * hourMs);
}

/** The oplog of a whole window, at the rate of what is there. */
function slicesFor({ slicesBytes, windowFromMs, protectedUntilMs }: StoredSet, windowMs: number): number {
  const coveredMs = windowFromMs === null || protectedUntilMs === null ? 0 : protectedUntilMs - windowFromMs;
  return coveredMs <= 0 ? slicesBytes : (slicesBytes * windowMs) / coveredMs;
}

function sumOf(snapshots: readonly TakenSnapshot[]): number {
  return snapshots.reduce((sum, { newBytes }) => sum + newBytes, 0);
}
