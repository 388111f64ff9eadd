import type { Weekday, WindowTimes } from '../../../../wire/api/notifiers.ts';
import { momentOf, wallDay } from './zoned-time.ts';

export interface Occurrence {
  readonly fromMs: number;
  readonly toMs: number;
}

export const weekdays: readonly (readonly [day: Weekday, word: string])[] = [
  ['mon', 'Monday'],
  ['tue', 'Tuesday'],
  ['wed', 'Wednesday'],
  ['thu', 'Thursday'],
  ['fri', 'Friday'],
  ['sat', 'Saturday'],
  ['sun', 'Sunday'],
];

const day = 86_400_000;
/** Days of `Date`: Sunday is 0. */
const order: readonly Weekday[] = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

/** The stretches of a maintenance window that are on or come next, `count` at most; none when its zone is unknown here. */
export function occurrencesOf(times: WindowTimes, nowMs: number, count: number): readonly Occurrence[] {
  if (times.kind === 'once') return times.toMs > nowMs ? [{ fromMs: times.fromMs, toMs: times.toMs }] : [];
  const [hour = 0, minute = 0] = times.start.split(':').map(Number);
  const lengthMs = times.durationMinutes * 60_000;
  const found: Occurrence[] = [];
  try {
    const first = wallDay(nowMs - lengthMs - day, times.timeZone);
    for (let at = 0; at < 30 + count * 7 && found.length < count; at++) {
      const date = { ...first, day: first.day + at };
      const weekday = new Date(Date.UTC(date.year, date.month, date.day)).getUTCDay();
      if (!times.days.includes(order[weekday] ?? 'sun')) continue;
      const fromMs = momentOf({ ...date, hour, minute }, times.timeZone);
      if (fromMs + lengthMs > nowMs) found.push({ fromMs, toMs: fromMs + lengthMs });
    }
  } catch {
    return [];
  }
  return found;
}

/** `Monday to Friday`, `Saturday and Sunday`, `every day`. */
export function daysWords(days: readonly Weekday[]): string {
  const places = weekdays.flatMap(([name], at) => (days.includes(name) ? [at] : []));
  if (places.length === 7) return 'every day';
  const [first = 0] = places;
  const word = (at: number) => weekdays[at]?.[1] ?? '';
  const last = places.at(-1) ?? first;
  if (places.length > 2 && last - first === places.length - 1) return `${word(first)} to ${word(last)}`;
  const words = places.map(word);
  return words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}
