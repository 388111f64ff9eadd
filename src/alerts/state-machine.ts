import type { Truth } from './condition.ts';
import type { ConditionState } from './ports.ts';

/** The longest span between two looks that counts as watched; beyond it the server was stopped or a clock jumped. */
export const longestStepMs = 15_000;

export interface Step {
  readonly truth: Truth;
  readonly nowMs: number;
  /** The condition must hold this long before it opens. */
  readonly forMs: number;
  /** It must be gone this long before it closes: shorter gaps are flapping, not news. */
  readonly closeAfterMs: number;
  /** Id for the alert, if this step opens one. */
  readonly newAlertId: () => string;
  /** Another longest step: history is walked in larger ones. */
  readonly longestStepMs?: number;
}

export interface StepResult {
  /** Undefined = all is well, nothing to remember. */
  readonly state: ConditionState | undefined;
  readonly effect: 'none' | 'open' | 'close';
}

/**
 * One look of one rule at one subject: ok → pending → open → ok; docs/alerts.md has it as a table. Acknowledging is a mark on the
 * alert and changes no step. Times are sums of watched spans, so a restart continues where the stored state stood, a clock that
 * jumps ahead opens nothing early, and one that jumps back loses at most one step. `unknown` stops the clock of an open alert and
 * forgets a pending one: what was not seen to hold has not held.
 */
export function step(before: ConditionState | undefined, look: Step): StepResult {
  if (before?.at === 'open') return stepOpen(before, look);
  if (look.truth !== 'holds') return { state: undefined, effect: 'none' };
  const heldMs = before === undefined ? 0 : before.heldMs + watchedMs(before.lastMs, look);
  if (heldMs < look.forMs) return { state: { at: 'pending', heldMs, lastMs: look.nowMs }, effect: 'none' };
  return { state: { at: 'open', alertId: look.newAlertId(), clearMs: 0, lastMs: look.nowMs }, effect: 'open' };
}

type Open = Extract<ConditionState, { at: 'open' }>;

function stepOpen(before: Open, look: Step): StepResult {
  const { truth, nowMs, closeAfterMs } = look;
  if (truth === 'holds' || truth === 'between') {
    return { state: { ...before, clearMs: 0, lastMs: nowMs }, effect: 'none' };
  }
  if (truth === 'unknown') return { state: { ...before, lastMs: nowMs }, effect: 'none' };
  // A first look that finds it gone starts the count: the span before it may have held.
  const clearMs = before.clearMs === 0 ? 1 : before.clearMs + watchedMs(before.lastMs, look);
  if (clearMs >= closeAfterMs) return { state: undefined, effect: 'close' };
  return { state: { ...before, clearMs, lastMs: nowMs }, effect: 'none' };
}

function watchedMs(fromMs: number, { nowMs, longestStepMs: longestMs = longestStepMs }: Step): number {
  return Math.min(Math.max(nowMs - fromMs, 0), longestMs);
}
