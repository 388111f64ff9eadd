import type { PointRun } from './ports.ts';

/** Which neighbouring runs of a collection become one. base: the oldest ones, with everything between; delta: no base is among them. */
export interface CompactionPlan {
  readonly into: 'base' | 'delta';
  readonly from: number;
  /** Not included. */
  readonly to: number;
}

/**
 * Deltas are folded into a new base when they hold more than this share of it. With fanIn, of a hundred snapshots that change 1% each 4.2
 * bytes are written for each that changed (a share of 0.3: 6.6), and at most 10 runs are read at once.
 */
const baseShare = 0.5;
/**
 * Deltas that name so many times as many documents as the base or the largest of them holds name most of them several times, however few bytes they
 * take: joined, each is looked at once. Where the same fields are set again and again, what they take stays the same.
 */
const namedShare = 1.5;
/** A collection smaller than this is written anew as soon as it has a few deltas. */
const smallBytes = 4 * 2 ** 20;
/** So many neighbours of about one size are joined: each byte is written again once for every factor of this in size. */
const fanIn = 5;
/** Sizes below this count as one. */
const smallestTierBytes = 64 * 1024;
/** At most so many runs are read at once. */
const mostInputs = 32;
const mostDeltas = 24;

/**
 * Universal compaction, as RocksDB calls it: neighbours of one size are joined, and all becomes a base when the deltas outgrow a share of it.
 * `runs`: of a collection, oldest first. undefined: leave them.
 */
export function planCompaction(runs: readonly PointRun[]): CompactionPlan | undefined {
  const firstDelta = runs.findIndex(({ kind }) => kind === 'delta');
  const bases = firstDelta < 0 ? runs.length : firstDelta;
  const deltas = runs.length - bases;
  if (bases > mostInputs) return { into: 'base', from: 0, to: mostInputs };
  const baseBytes = sum(runs.slice(0, bases));
  const deltaBytes = sum(runs.slice(bases));
  const outgrown = deltaBytes > Math.max(baseBytes * baseShare, smallBytes) || (bases > 1 && deltas === 0);
  const cheap = deltas >= fanIn && baseBytes + deltaBytes <= smallBytes;
  if (runs.length > 1 && runs.length <= mostInputs && (outgrown || cheap))
    return { into: 'base', from: 0, to: runs.length };
  return (
    (baseBytes + deltaBytes > smallBytes ? namedAgain(runs, bases) : undefined) ??
    tier(runs, bases) ??
    (deltas > mostDeltas ? newest(runs, bases) : undefined)
  );
}

/** All deltas, up to one of the other kind of leniency, when they name documents again and again. */
function namedAgain(runs: readonly PointRun[], bases: number): CompactionPlan | undefined {
  let from = Math.max(bases, runs.length - mostInputs);
  while (from < runs.length && runs[from]?.lenient !== runs.at(-1)?.lenient) from++;
  const deltas = runs.slice(from);
  const named = deltas.reduce((total, { entries }) => total + entries, 0);
  const held = runs.slice(0, bases).reduce((total, { entries }) => total + entries, 0);
  const most = deltas.reduce((largest, { entries }) => Math.max(largest, entries), held);
  return deltas.length > 1 && named > namedShare * most ? { into: 'delta', from, to: runs.length } : undefined;
}

/** The oldest neighbours of one size, at least `fanIn` of them. */
function tier(runs: readonly PointRun[], bases: number): CompactionPlan | undefined {
  for (let from = bases; from < runs.length; ) {
    let to = from + 1;
    while (to < runs.length && to - from < mostInputs && isLike(runs[from], runs[to])) to++;
    if (to - from >= fanIn) return { into: 'delta', from, to };
    from = to;
  }
  return undefined;
}

/** Half of the deltas, the newest ones, which are the smallest. */
function newest(runs: readonly PointRun[], bases: number): CompactionPlan | undefined {
  const to = runs.length;
  let from = to - 1;
  while (from > bases && to - from < mostDeltas / 2 && runs[from - 1]?.lenient === runs[to - 1]?.lenient) from--;
  return to - from > 1 ? { into: 'delta', from, to } : undefined;
}

function isLike(one: PointRun | undefined, other: PointRun | undefined): boolean {
  return one !== undefined && other !== undefined && one.lenient === other.lenient && tierOf(one) === tierOf(other);
}

function tierOf({ contentBytes }: PointRun): number {
  return contentBytes <= smallestTierBytes
    ? 0
    : Math.ceil(Math.log(contentBytes / smallestTierBytes) / Math.log(fanIn));
}

function sum(runs: readonly PointRun[]): number {
  return runs.reduce((total, { contentBytes }) => total + contentBytes, 0);
}
