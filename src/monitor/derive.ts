import { findNumber } from '../deployment/find-bson.ts';
import type { OplogEnds } from '../deployment/oplog-ends.ts';
import type { SetConfig, SetStatus } from '../deployment/replica-set.ts';
import { lagMs } from '../deployment/replica-set.ts';
import { derivedMetrics } from '../model/derived-metric.ts';

interface DeriveInput {
  /** Of this member's oplog, where known. */
  readonly ends: OplogEnds | undefined;
  readonly status: SetStatus | undefined;
  readonly config: SetConfig | undefined;
  /** Oplog window of the set's primary, when it is watched too. */
  readonly primaryWindowMs: number | undefined;
  readonly pollMs: number;
  readonly skewMs: number | undefined;
}

const names: readonly string[] = [
  derivedMetrics.lagMs,
  derivedMetrics.headroomMs,
  derivedMetrics.oplogWindowMs,
  derivedMetrics.pollMs,
  derivedMetrics.clockSkewMs,
];

/** Leafward's own numbers of one sample, in the order of `derivedNames`. NaN = unknown. */
export function derive(input: DeriveInput): readonly number[] {
  const { status, config } = input;
  const lag = status?.self === undefined ? null : lagMs(status, status.self.id, config);
  const window = windowMs(input.ends);
  const primaryWindow = status?.myState === 1 ? window : input.primaryWindowMs;
  const headroom = lag === null || primaryWindow === undefined ? Number.NaN : primaryWindow - lag;
  return [lag ?? Number.NaN, headroom, window ?? Number.NaN, input.pollMs, input.skewMs ?? Number.NaN];
}

export const derivedNames = names;

/** Newest minus oldest entry. */
export function windowMs(ends: OplogEnds | undefined): number | undefined {
  return ends === undefined ? undefined : ends.lastMs - ends.firstMs;
}

/** The ends of the oplog, where the reply tells both (6.0 and newer, and the single commands). */
export function oplogEnds(bytes: Buffer): OplogEnds | undefined {
  const first = findNumber(bytes, 'serverStatus', 'oplog', 'earliestOptime');
  const last = findNumber(bytes, 'serverStatus', 'oplog', 'latestOptime');
  if (first === undefined || last === undefined || first === 0) return undefined;
  return { firstMs: first * 1000, lastMs: last * 1000 };
}
