import type { QuietHours, Weekday, WindowTimes } from '../../wire/api/notifiers.ts';

export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

const weekdays: readonly Weekday[] = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
/** A weekly stretch lasts at most a week, so one that is on began at most a week ago. */
const daysBack = 8;
const daysAhead = 7;

/** When the quiet hours that are on end; undefined: none are. */
export function quietUntil({ start, end, timeZone }: QuietHours, nowMs: number): number | undefined {
  const today = dayOf(nowMs, timeZone);
  for (const day of [today.subtract({ days: 1 }), today]) {
    const fromMs = at(day, start, timeZone);
    const toMs = at(end > start ? day : day.add({ days: 1 }), end, timeZone);
    if (fromMs <= nowMs && nowMs < toMs) return toMs;
  }
  return undefined;
}

/** The stretch of a maintenance window that is on, or else its next one; undefined: there is none any more. */
export function currentOrNext(times: WindowTimes, nowMs: number): Span | undefined {
  if (times.kind === 'once') return nowMs < times.toMs ? { fromMs: times.fromMs, toMs: times.toMs } : undefined;
  const { days, start, durationMinutes, timeZone } = times;
  const today = dayOf(nowMs, timeZone);
  for (let offset = -daysBack; offset <= daysAhead; offset++) {
    const day = today.add({ days: offset });
    const name = weekdays[day.dayOfWeek - 1];
    if (name === undefined || !days.includes(name)) continue;
    const fromMs = at(day, start, timeZone);
    const toMs = fromMs + durationMinutes * 60_000;
    if (nowMs < toMs) return { fromMs, toMs };
  }
  return undefined;
}

function dayOf(ms: number, timeZone: string): Temporal.PlainDate {
  return Temporal.Instant.fromEpochMilliseconds(Math.round(ms)).toZonedDateTimeISO(timeZone).toPlainDate();
}

/** A time of day that the change of the clocks leaves out is moved on, one that comes twice is the first. */
function at(day: Temporal.PlainDate, time: string, timeZone: string): number {
  return day.toZonedDateTime({ timeZone, plainTime: time }).epochMilliseconds;
}
