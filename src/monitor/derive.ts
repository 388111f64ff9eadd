import { findElement, findNumber } from '../deployment/find-bson.ts';
import type { SetConfig, SetStatus } from '../deployment/replica-set.ts';
import { lagMs } from '../deployment/replica-set.ts';
import { derivedMetrics } from '../model/derived-metric.ts';

interface DeriveInput {
  readonly bytes: Buffer;
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
  const window = oplogWindowMs(input.bytes);
  const primaryWindow = status?.myState === 1 ? window : input.primaryWindowMs;
  const headroom = lag === null || primaryWindow === undefined ? Number.NaN : primaryWindow - lag;
  return [lag ?? Number.NaN, headroom, window ?? Number.NaN, input.pollMs, input.skewMs ?? Number.NaN];
}

export const derivedNames = names;

/** Newest minus oldest entry of this member's oplog, where the reply tells both ends. */
export function oplogWindowMs(bytes: Buffer): number | undefined {
  const ends = oplogEnds(bytes);
  return ends === undefined ? undefined : ends.lastMs - ends.firstMs;
}

export function oplogEnds(bytes: Buffer): { readonly firstMs: number; readonly lastMs: number } | undefined {
  if (findElement(bytes, 'serverStatus') === undefined) return undefined;
  const first = findNumber(bytes, 'serverStatus', 'oplog', 'earliestOptime');
  const last = findNumber(bytes, 'serverStatus', 'oplog', 'latestOptime');
  if (first === undefined || last === undefined || first === 0) return undefined;
  return { firstMs: first * 1000, lastMs: last * 1000 };
}
