import { reasonOf } from './target-error.ts';

/** Why a restore waits, and for how much longer it will. */
export function waitingReason(thrown: unknown, leftMs: number): string {
  const left = leftMs < 60_000 ? 'less than a minute' : `up to ${Math.floor(leftMs / 60_000)} min`;
  return `${reasonOf(thrown)} (${left} more)`;
}
