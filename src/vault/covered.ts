import { parseTimestamp } from '../model/optime.ts';
import type { StoredSet, VaultMetadata } from './metadata-ports.ts';
import type { SliceLog } from './ports.ts';

export interface RestorableSpan {
  readonly from: bigint;
  readonly until: bigint;
}

/** Stretches of time of which every moment can be brought back: from the first point inside of a stretch of slices to that stretch's end. */
export async function restorableSpans(
  metadata: VaultMetadata,
  slices: SliceLog,
  set: StoredSet,
): Promise<readonly RestorableSpan[]> {
  const points = metadata.points(set.replicaSetId).filter(({ hidden }) => !hidden);
  const found: RestorableSpan[] = [];
  for (const { first, last } of await slices.spans(set.replicaSetId)) {
    const from = points.find(({ optime }) => optime.ts >= first && optime.ts <= last);
    if (from !== undefined) found.push({ from: from.optime.ts, until: last });
  }
  const stands = set.foldProblem?.optime;
  const newest = found.at(-1);
  if (stands == null || newest === undefined) return found;
  // What cannot be read cannot be restored: the stretch ends before it.
  const before = parseTimestamp(stands) - 1n;
  return before >= newest.from && before < newest.until ? [...found.slice(0, -1), { ...newest, until: before }] : found;
}
