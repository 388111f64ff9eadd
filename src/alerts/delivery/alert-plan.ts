import type { Alert, AlertRule } from '../ports.ts';
import type { AlertPlace, AlertPlan, NoticeKind } from './ports.ts';

const dayMs = 86_400_000;

export interface Tell {
  readonly notifierId: string;
  readonly kind: NoticeKind;
}

interface Moment {
  readonly alert: Pick<Alert, 'state'>;
  /** Undefined: it was removed. */
  readonly rule: Pick<AlertRule, 'steps' | 'repeatMs'> | undefined;
  /** A maintenance window holds for it. */
  readonly inWindow: boolean;
  readonly nowMs: number;
  /** Of the group's enabled notifiers. */
  readonly notifierIds: readonly string[];
}

export function newPlan(alertId: string, place: AlertPlace, nowMs: number): AlertPlan {
  return {
    alertId,
    startedAtMs: nowMs,
    pausedAtMs: null,
    stepsDone: 0,
    told: [],
    repeats: 0,
    nextRepeatAtMs: null,
    place,
  };
}

/**
 * What is told of an alert now. Steps are told in the order of their times while it is open and nobody has acknowledged
 * it; then all who were told are told again, after the rule's gap, twice the gap, three times … 24 h at most. An
 * acknowledgement or a maintenance window stops this clock; when it is over and the alert still open, those who were
 * told are reminded at once and the gaps begin anew. The end is told to all who were told. Pure.
 */
export function advance(plan: AlertPlan, moment: Moment): { plan: AlertPlan; tell: readonly Tell[] } {
  const { alert, rule, inWindow, nowMs, notifierIds } = moment;
  const all = (kind: NoticeKind): readonly Tell[] => plan.told.map(({ notifierId }) => ({ notifierId, kind }));
  if (alert.state === 'closed') return { plan, tell: all('alert.closed') };
  if (alert.state === 'acknowledged' || inWindow) {
    return { plan: plan.pausedAtMs === null ? { ...plan, pausedAtMs: nowMs } : plan, tell: [] };
  }
  const tell: Tell[] = [];
  let after = plan;
  if (plan.pausedAtMs !== null) {
    const pauseMs = Math.max(0, nowMs - plan.pausedAtMs);
    after = { ...after, pausedAtMs: null, startedAtMs: plan.startedAtMs + pauseMs, repeats: 0, nextRepeatAtMs: null };
    tell.push(...all('alert.repeated'));
  }
  const steps = (rule?.steps ?? []).toSorted((a, b) => a.afterMs - b.afterMs);
  const told = new Set(plan.told.map(({ notifierId }) => notifierId));
  const reminded = new Set(tell.map(({ notifierId }) => notifierId));
  for (const step of steps.slice(plan.stepsDone)) {
    if (nowMs - after.startedAtMs < step.afterMs) break;
    after = { ...after, stepsDone: after.stepsDone + 1 };
    for (const notifierId of step.notifierIds.length === 0 ? notifierIds : step.notifierIds) {
      if (reminded.has(notifierId)) continue;
      tell.push({ notifierId, kind: told.has(notifierId) ? 'alert.repeated' : 'alert.opened' });
      reminded.add(notifierId);
    }
  }
  const repeated = repeat(after, moment, tell);
  return { plan: { ...repeated.plan, told: withTold(plan.told, repeated.tell) }, tell: repeated.tell };
}

function repeat(
  plan: AlertPlan,
  { rule, nowMs }: Moment,
  tell: readonly Tell[],
): { plan: AlertPlan; tell: readonly Tell[] } {
  const gapMs = rule?.repeatMs ?? null;
  const isTold = plan.told.length + tell.length > 0;
  if (gapMs === null || !isTold) return { plan: { ...plan, nextRepeatAtMs: null }, tell };
  const inGaps = (count: number): number => nowMs + Math.min(dayMs, gapMs * count);
  if (plan.nextRepeatAtMs === null) return { plan: { ...plan, nextRepeatAtMs: inGaps(1) }, tell };
  if (nowMs < plan.nextRepeatAtMs) return { plan, tell };
  const already = new Set(tell.map(({ notifierId }) => notifierId));
  const others = plan.told.filter(({ notifierId }) => !already.has(notifierId));
  const repeats = plan.repeats + 1;
  return {
    plan: { ...plan, repeats, nextRepeatAtMs: inGaps(repeats + 1) },
    tell: [...tell, ...others.map(({ notifierId }): Tell => ({ notifierId, kind: 'alert.repeated' }))],
  };
}

function withTold(before: AlertPlan['told'], tell: readonly Tell[]): AlertPlan['told'] {
  const known = new Set(before.map(({ notifierId }) => notifierId));
  const added = tell.filter(({ notifierId }) => !known.has(notifierId));
  return added.length === 0 ? before : [...before, ...added.map(({ notifierId }) => ({ notifierId, grouped: false }))];
}
