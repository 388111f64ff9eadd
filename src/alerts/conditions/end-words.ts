import { durationWords } from '../message.ts';

export const dayMs = 86_400_000;

/** "ends in 12 d 3 h (2026-12-03)", "has ended 4 h ago (2026-11-20)". */
export function endWords(endsAtMs: number, nowMs: number): string {
  const day = new Date(endsAtMs).toISOString().slice(0, 10);
  const left = endsAtMs - nowMs;
  return left > 0 ? `ends in ${durationWords(left)} (${day})` : `has ended ${durationWords(-left)} ago (${day})`;
}
