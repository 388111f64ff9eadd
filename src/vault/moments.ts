import { endOfSecond, parseTimestamp, timestampText } from '../model/optime.ts';
import { AppError } from '../runtime/errors.ts';
import type { Moment } from '../wire/api/backup-reading.ts';
import type { StoredPoint, VaultMetadata } from './metadata-ports.ts';
import type { SliceLog } from './ports.ts';

/** Which state is meant: everything that was visible at `ts`, read from `point` on. */
export interface ResolvedMoment {
  readonly point: StoredPoint;
  readonly ts: bigint;
}

/**
 * The newest point at or before a moment, when all slices from there to the moment are here.
 * @throws NOT_RESTORABLE with what can be restored, NOT_FOUND (snapshot), INPUT_INVALID
 */
export async function resolveMoment(
  metadata: VaultMetadata,
  log: SliceLog,
  replicaSetId: string,
  at: Moment,
): Promise<ResolvedMoment> {
  const ts = momentTs(metadata, replicaSetId, at);
  const points = metadata.points(replicaSetId).filter((point) => !point.hidden);
  const point = points.findLast((candidate) => candidate.optime.ts <= ts);
  if (point?.optime.ts === ts) return { point, ts };
  const spans = await log.spans(replicaSetId);
  const covering = spans.find(({ first, last }) => ts >= first && ts <= last);
  if (point !== undefined && covering !== undefined && covering.first <= point.optime.ts) return { point, ts };
  const from = points.find((candidate) =>
    spans.some(({ first, last }) => first <= candidate.optime.ts && candidate.optime.ts <= last),
  );
  const until = spans.at(-1)?.last;
  throw new AppError('NOT_RESTORABLE', `${timestampText(ts)} cannot be brought back: ${whatCan(from, until)}`, {
    details: {
      from: from === undefined ? null : timestampText(from.optime.ts),
      until: until === undefined ? null : timestampText(until),
    },
  });
}

/** The last timestamp that belongs to a moment. @throws NOT_FOUND (snapshot), INPUT_INVALID */
export function momentTs(metadata: VaultMetadata, replicaSetId: string, at: Moment): bigint {
  const given = [at.atMs, at.snapshotId, at.optime].filter((value) => value !== undefined);
  if (given.length !== 1)
    throw new AppError('INPUT_INVALID', 'exactly one of atMs, snapshotId and optime says which moment is meant');
  if (at.optime !== undefined) return parseTimestamp(at.optime);
  if (at.atMs !== undefined) return endOfSecond(at.atMs);
  const snapshot = metadata.snapshots(replicaSetId).find(({ id }) => id === at.snapshotId);
  if (snapshot === undefined) throw new AppError('NOT_FOUND', `there is no snapshot ${at.snapshotId}`);
  return snapshot.optime.ts;
}

function whatCan(from: StoredPoint | undefined, until: bigint | undefined): string {
  if (from === undefined || until === undefined) return 'no second can be restored yet';
  return `any second from ${timestampText(from.optime.ts)} to ${timestampText(until)} can, and the snapshots`;
}
