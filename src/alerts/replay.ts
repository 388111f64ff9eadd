import type { Truth } from './condition.ts';
import type { AlertRule, ConditionState } from './ports.ts';
import { step } from './state-machine.ts';

/** How a condition stood at a moment of the past. */
export interface PastLook {
  readonly atMs: number;
  readonly truth: Truth;
  readonly value: number | null;
}

export interface PastInterval {
  readonly fromMs: number;
  /** Null: still open at the end. */
  readonly toMs: number | null;
  /** The one that was furthest from the threshold. */
  readonly value: number | null;
}

type Timing = Pick<AlertRule, 'forMs' | 'closeAfterMs'>;

/** Walks looks of one subject, oldest first, through the state machine of live rules. `stepMs`: the usual distance of two. */
export function replay(
  looks: Iterable<PastLook>,
  { forMs, closeAfterMs }: Timing,
  stepMs: number,
  threshold: number | null,
): readonly PastInterval[] {
  const intervals: PastInterval[] = [];
  const longestStepMs = 2 * stepMs;
  let state: ConditionState | undefined;
  let open: PastInterval | undefined;
  for (const { atMs, truth, value } of looks) {
    const look = { truth, nowMs: atMs, forMs, closeAfterMs, longestStepMs, newAlertId: () => 'past' };
    const { state: after, effect } = step(state, look);
    state = after;
    if (effect === 'open') open = { fromMs: atMs, toMs: null, value };
    else if (open !== undefined && truth === 'holds') open = { ...open, value: worse(open.value, value, threshold) };
    if (effect === 'close' && open !== undefined) {
      intervals.push({ ...open, toMs: atMs });
      open = undefined;
    }
  }
  return open === undefined ? intervals : [...intervals, open];
}

function worse(a: number | null, b: number | null, threshold: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  const from = threshold ?? 0;
  return Math.abs(b - from) > Math.abs(a - from) ? b : a;
}

/** A time in which a condition held, as the event log tells it. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Looks at the moments at which something can happen: at the ends of the spans, and when a hold time is over after one. */
export function looksOfSpans(spans: readonly Span[], { forMs, closeAfterMs }: Timing, endMs: number): PastLook[] {
  const times = new Set<number>();
  for (const { fromMs, toMs } of spans) {
    for (const atMs of [fromMs, fromMs + forMs, toMs, toMs + 1, toMs + 1 + closeAfterMs]) {
      if (atMs <= endMs) times.add(atMs);
    }
  }
  const holds = (atMs: number) => spans.some(({ fromMs, toMs }) => atMs >= fromMs && atMs < toMs);
  return [...times].sort((a, b) => a - b).map((atMs) => ({ atMs, truth: holds(atMs) ? 'holds' : 'gone', value: null }));
}

const longestGapMs = 24 * 3_600_000;

/**
 * How many messages an alert of that length makes: one to each notifier of a step whose time came, one more at each repetition (the
 * first after `repeatMs`, each gap longer by as much, up to a day), and one to each of them when it closes.
 */
export function messagesOf(
  { steps, repeatMs }: Pick<AlertRule, 'steps' | 'repeatMs'>,
  lengthMs: number,
  isClosed: boolean,
  enabledNotifiers: readonly string[],
): number {
  const due = steps.filter(({ afterMs }) => afterMs <= lengthMs);
  const toldBy = due.map(({ notifierIds }) =>
    notifierIds.length === 0 ? enabledNotifiers : notifierIds.filter((id) => enabledNotifiers.includes(id)),
  );
  const told = new Set(toldBy.flat()).size;
  return toldBy.flat().length + told * (repetitions(repeatMs, lengthMs) + (isClosed ? 1 : 0));
}

function repetitions(repeatMs: number | null, lengthMs: number): number {
  if (repeatMs === null) return 0;
  let count = 0;
  for (let atMs = repeatMs, gapMs = repeatMs; atMs <= lengthMs; atMs += gapMs) {
    count++;
    gapMs = Math.min(longestGapMs, gapMs + repeatMs);
  }
  return count;
}
