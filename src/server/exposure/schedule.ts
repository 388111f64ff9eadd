import { createHash } from 'node:crypto';
import type { ExposureFinding } from '../../wire/api/exposure.ts';

const minuteMs = 60_000;
/** How often a host is looked at that was found open, until it is closed. */
export const followMs = 5 * minuteMs;
/** A check that could not tell is tried again. */
export const retryMs = 6 * 60 * minuteMs;
/** The days of a month on which every host is looked at. */
const regularDays = [1, 15];
const minutesOfDay = 24 * 60;

/** The next regular look at the hosts of a group, after this moment: days 1 and 15 (UTC), at a minute of the day that is its own. */
export function nextRegular(groupId: string, afterMs: number): number {
  const minute = createHash('sha256').update(`exposure ${groupId}`).digest().readUInt32BE(0) % minutesOfDay;
  const date = new Date(afterMs);
  for (const month of [date.getUTCMonth(), date.getUTCMonth() + 1]) {
    for (const day of regularDays) {
      const atMs = Date.UTC(date.getUTCFullYear(), month, day, 0, minute);
      if (atMs > afterMs) return atMs;
    }
  }
  return afterMs + 15 * minutesOfDay * minuteMs;
}

/** When to look again after a look that found this; null: it could not tell. */
export function nextLook(groupId: string, finding: ExposureFinding | null, nowMs: number): number {
  if (answers(finding)) return nowMs + followMs;
  const regular = nextRegular(groupId, nowMs);
  return finding === null ? Math.min(nowMs + retryMs, regular) : regular;
}

/** Somebody answers at the port. */
export function answers(finding: ExposureFinding | null): boolean {
  return finding === 'otherService' || finding === 'mongodb' || finding === 'open';
}
