import type { Zone } from '../../chart/time-axis.ts';

/** A time as a field for date and time shows it: `2026-11-21T10:00:05`. */
export function inputTime(ms: number, zone: Zone): string {
  const shifted = zone === 'utc' ? ms : ms - new Date(ms).getTimezoneOffset() * 60_000;
  return new Date(shifted).toISOString().slice(0, 19);
}

/** What was typed in such a field; null: no time. */
export function typedTime(text: string, zone: Zone): number | null {
  const ms = Date.parse(zone === 'utc' ? `${text}Z` : text);
  return Number.isFinite(ms) ? Math.floor(ms / 1000) * 1000 : null;
}
