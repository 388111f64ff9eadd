import type { Truth } from './condition.ts';
import { advance, newPlan } from './delivery/alert-plan.ts';
import { nowhere } from './delivery/maintenance.ts';
import type { Alert, AlertRule, ConditionState } from './ports.ts';
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

/** How many messages an alert of that length makes, as the live plan of who is told when counts them; nobody acknowledges it. */
export function messagesOf(
  rule: Pick<AlertRule, 'steps' | 'repeatMs'>,
  lengthMs: number,
  isClosed: boolean,
  notifierIds: readonly string[],
): number {
  let plan = newPlan('past', nowhere, 0);
  let messages = 0;
  const tell = (state: Alert['state'], nowMs: number): void => {
    const next = advance(plan, { alert: { state }, rule, inWindow: false, nowMs, notifierIds });
    plan = next.plan;
    messages += next.tell.length;
  };
  for (let nowMs = 0; nowMs <= lengthMs; ) {
    tell('open', nowMs);
    const steps = rule.steps.map(({ afterMs }) => afterMs).filter((afterMs) => afterMs > nowMs);
    nowMs = Math.min(plan.nextRepeatAtMs ?? Number.POSITIVE_INFINITY, ...steps);
  }
  if (isClosed) tell('closed', lengthMs);
  return messages;
}
