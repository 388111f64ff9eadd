import type { Zone } from '../../chart/time-axis.ts';
import { clock } from '../../format.ts';

const hour = 3_600_000;

/** How long an acknowledgement silences: until a moment, or (`null`) until the alert closes. */
export interface UntilChoice {
  readonly id: 'closed' | '1h' | '4h' | 'tomorrow';
  readonly words: string;
  /** The moment in words, beside it; empty where there is none. */
  readonly note: string;
  readonly untilMs: number | null;
}

/** The choices of the acknowledge dialog; times of day are those of the zone that the pages show. */
export function untilChoices(nowMs: number, zone: Zone): readonly UntilChoice[] {
  const at = (id: UntilChoice['id'], words: string, untilMs: number): UntilChoice => ({
    id,
    words,
    note: `until ${clock(untilMs, zone).slice(0, 5)}`,
    untilMs,
  });
  return [
    { id: 'closed', words: 'Until it closes', note: 'it is not told of again', untilMs: null },
    at('1h', 'For 1 hour', nowMs + hour),
    at('4h', 'For 4 hours', nowMs + 4 * hour),
    { ...at('tomorrow', 'Until tomorrow morning', tomorrowAtNine(nowMs, zone)), note: '09:00' },
  ];
}

/** 09:00 of the next day of the zone, whatever the clocks do that night. */
export function tomorrowAtNine(nowMs: number, zone: Zone): number {
  const now = new Date(nowMs);
  return zone === 'utc'
    ? Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() + 1, 9)
    : new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1, 9).getTime();
}
