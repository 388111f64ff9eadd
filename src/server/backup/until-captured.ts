import { parseTimestamp, timestampMs } from '../../model/optime.ts';
import type { VaultSet } from '../../vault/ports.ts';
import type { Backups } from './backups.ts';
import type { SeenTask } from './report-book.ts';

/** A slice is cut after 2 s, and agents report every few seconds. */
const longestMs = 20_000;
/**
 * A secondary that has nothing new to give may not have heard yet that a write is on a majority: heartbeats tell it within 2 s. The rest is for the way
 * of a report, which is what the agent's clock is set right by.
 */
const hearsayMs = 3000;
const lookAgainMs = 250;
/** A busy source is never seen without anything new; what it writes then is by its own clock. */
const clockMarginMs = 1000;

/**
 * Waits until the store has what the source had acknowledged when this was called: who asks for a snapshot before a migration means all of that. At most
 * 20 s, and not at all where nothing is captured now: the snapshot says of which moment it is.
 */
export async function untilCaptured(backups: Backups, groupId: string, replicaSetId: string): Promise<void> {
  const { clock } = backups.context;
  const askedAtMs = clock.now();
  const until = AbortSignal.timeout(longestMs);
  while (!until.aborted) {
    const kept = await backups.vault.set(groupId, replicaSetId);
    const seen = backups.reports.fresh(groupId, replicaSetId, clock.now());
    if (kept?.standing !== 'active' || kept.restorable === null) return;
    if (seen !== undefined && hasCaptured(kept.restorable, seen, askedAtMs)) return;
    // An agent that has just taken the set has told nothing yet.
    if ((await backups.leases.holder(groupId, replicaSetId)) === null) return;
    await backups.waiters.wait(groupId, lookAgainMs, until);
  }
}

/** Is everything stored that the source had at this time (server's clock)? */
export function hasCaptured(
  { until }: NonNullable<VaultSet['restorable']>,
  { task: { readLast, caughtUpAtMs }, skewMs }: Pick<SeenTask, 'task' | 'skewMs'>,
  atMs: number,
): boolean {
  if (timestampMs(until.ts) >= atMs + clockMarginMs) return true;
  const sawAll = caughtUpAtMs !== null && caughtUpAtMs + skewMs > atMs + hearsayMs;
  return sawAll && (readLast === null || until.ts >= parseTimestamp(readLast.ts));
}
