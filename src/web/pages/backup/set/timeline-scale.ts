import type { BackupTimeline, Snapshot } from '../../../../wire/api/backups.ts';

export interface Extent {
  readonly fromMs: number;
  readonly toMs: number;
}

/** What the whole bar shows: the window of any second with its holes (`window`), or from the oldest snapshot on (`all`). Null: nothing is there. */
export function extentOf(timeline: BackupTimeline, what: 'window' | 'all', nowMs: number): Extent | null {
  const { spans, holes, snapshots } = timeline;
  const starts = [...spans, ...holes].map(({ fromMs }) => fromMs);
  const points = snapshots.map(({ atMs }) => atMs);
  const wanted = what === 'all' || starts.length === 0 ? [...starts, ...points] : starts;
  if (wanted.length === 0) return null;
  const first = Math.min(...wanted);
  const span = Math.max(60_000, nowMs - first);
  return { fromMs: first - span * 0.02, toMs: nowMs + span * 0.02 };
}

/** Where a time lies on the bar, 0 to 1; outside of it below 0 or above 1. */
export function placeOf(atMs: number, { fromMs, toMs }: Extent): number {
  return (atMs - fromMs) / (toMs - fromMs);
}

export interface Cut {
  readonly from: number;
  readonly to: number;
}

/** The part of a stretch that the bar shows, as shares of its width. Null: it is outside. */
export function cutOf(stretch: Extent, extent: Extent): Cut | null {
  const from = Math.max(0, placeOf(stretch.fromMs, extent));
  const to = Math.min(1, placeOf(stretch.toMs, extent));
  return to <= from ? null : { from, to };
}

export interface Tick {
  readonly place: number;
  /** Oldest first; several when they would lie on each other. */
  readonly snapshots: readonly Snapshot[];
}

/** Snapshots as ticks at least `apart` (a share of the width) from each other. */
export function ticksOf(snapshots: readonly Snapshot[], extent: Extent, apart: number): Tick[] {
  const ticks: { place: number; snapshots: Snapshot[] }[] = [];
  for (const snapshot of snapshots.toSorted((a, b) => a.atMs - b.atMs)) {
    const place = placeOf(snapshot.atMs, extent);
    if (place < 0 || place > 1) continue;
    const last = ticks.at(-1);
    if (last !== undefined && place - last.place < apart) last.snapshots.push(snapshot);
    else ticks.push({ place, snapshots: [snapshot] });
  }
  return ticks;
}

export type Found =
  | { readonly kind: 'second' }
  | { readonly kind: 'snapshot'; readonly snapshot: Snapshot }
  | { readonly kind: 'hole'; readonly why: string }
  | { readonly kind: 'before' | 'after' | 'nothing' };

/** What there is at a time; `reachMs` is how close to a snapshot means that snapshot. */
export function whatIsAt(timeline: BackupTimeline, atMs: number, reachMs: number): Found {
  const { spans, holes, snapshots } = timeline;
  // Whole seconds are picked: the second in which a span begins or ends belongs to it.
  if (spans.some(({ fromMs, untilMs }) => atMs >= Math.floor(fromMs / 1000) * 1000 && atMs <= untilMs)) {
    return { kind: 'second' };
  }
  const near = snapshots
    .filter((snapshot) => Math.abs(snapshot.atMs - atMs) <= reachMs)
    .sort((a, b) => Math.abs(a.atMs - atMs) - Math.abs(b.atMs - atMs))[0];
  if (near !== undefined) return { kind: 'snapshot', snapshot: near };
  const hole = holes.find(({ fromMs, untilMs }) => atMs >= fromMs && atMs <= untilMs);
  if (hole !== undefined) return { kind: 'hole', why: hole.why };
  const from = Math.min(...spans.map(({ fromMs }) => fromMs));
  const until = Math.max(...spans.map(({ untilMs }) => untilMs));
  if (spans.length === 0) return { kind: 'nothing' };
  return { kind: atMs < from ? 'before' : atMs > until ? 'after' : 'nothing' };
}
