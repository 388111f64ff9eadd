export type Zone = 'utc' | 'local';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;
const steps = [
  second,
  2 * second,
  5 * second,
  10 * second,
  30 * second,
  minute,
  2 * minute,
  5 * minute,
  10 * minute,
  15 * minute,
  30 * minute,
  hour,
  2 * hour,
  3 * hour,
  6 * hour,
  12 * hour,
  day,
  2 * day,
  7 * day,
  14 * day,
];
const monthSteps = [1, 2, 3, 6, 12, 24];
const monthNames = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const dayNames = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

export interface TimeTicks {
  readonly timesMs: readonly number[];
  readonly labels: readonly string[];
}

/** At most `most` round times of the zone in the span, with labels that name the day where it changes. */
export function timeTicks(fromMs: number, toMs: number, most: number, zone: Zone): TimeTicks {
  const wanted = (toMs - fromMs) / Math.max(1, most);
  const step = steps.find((ms) => ms >= wanted);
  const timesMs = step === undefined ? monthTicks(fromMs, toMs, wanted, zone) : evenTicks(fromMs, toMs, step, zone);
  const labels = timesMs.map((timeMs) => tickLabel(timeMs, step ?? 30 * day, zone));
  return { timesMs, labels };
}

/** `Sat 21 Nov 03:00:12 UTC`; seconds only where points are closer than a minute. */
export function longTime(timeMs: number, zone: Zone, withSeconds: boolean): string {
  const parts = timeParts(timeMs, zone);
  const clock = `${two(parts.hour)}:${two(parts.minute)}${withSeconds ? `:${two(parts.second)}` : ''}`;
  return `${dayNames[parts.weekday] ?? ''} ${parts.day} ${monthNames[parts.month] ?? ''} ${clock}${zone === 'utc' ? ' UTC' : ''}`;
}

/** `21 Nov 03:00 – 04:30 UTC`: the second date only where it differs, years where they are not this one. */
export function spanWords(fromMs: number, toMs: number, zone: Zone, nowMs: number): string {
  const [from, to] = [timeParts(fromMs, zone), timeParts(toMs, zone)];
  const seconds = toMs - fromMs < 10 * minute;
  const thisYear = timeParts(nowMs, zone).year;
  const date = (parts: TimeParts) =>
    `${parts.day} ${monthNames[parts.month] ?? ''}${parts.year === thisYear ? '' : ` ${parts.year}`}`;
  const clock = (parts: TimeParts) =>
    `${two(parts.hour)}:${two(parts.minute)}${seconds ? `:${two(parts.second)}` : ''}`;
  const sameDay = date(from) === date(to);
  const end = sameDay ? clock(to) : `${date(to)} ${clock(to)}`;
  return `${date(from)} ${clock(from)} – ${end}${zone === 'utc' ? ' UTC' : ''}`;
}

interface TimeParts {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly weekday: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

export function timeParts(timeMs: number, zone: Zone): TimeParts {
  const at = new Date(zone === 'utc' ? timeMs : timeMs - offsetMs(timeMs));
  return {
    year: at.getUTCFullYear(),
    month: at.getUTCMonth(),
    day: at.getUTCDate(),
    weekday: at.getUTCDay(),
    hour: at.getUTCHours(),
    minute: at.getUTCMinutes(),
    second: at.getUTCSeconds(),
  };
}

function evenTicks(fromMs: number, toMs: number, step: number, zone: Zone): number[] {
  const times: number[] = [];
  const first = Math.ceil(toWall(fromMs, zone) / step) * step;
  for (let wall = first; wall <= toWall(toMs, zone) && times.length < 100; wall += step) {
    const timeMs = fromWall(wall, zone);
    if (timeMs >= fromMs && timeMs <= toMs && timeMs !== times.at(-1)) times.push(timeMs);
  }
  return times;
}

function monthTicks(fromMs: number, toMs: number, wantedMs: number, zone: Zone): number[] {
  const months = monthSteps.find((count) => count * 30 * day >= wantedMs) ?? 24;
  const start = timeParts(fromMs, zone);
  const times: number[] = [];
  const first = Math.floor((start.year * 12 + start.month) / months) * months;
  for (let month = first; times.length < 100; month += months) {
    const timeMs = fromWall(Date.UTC(Math.floor(month / 12), month % 12, 1), zone);
    if (timeMs > toMs) break;
    if (timeMs >= fromMs) times.push(timeMs);
  }
  return times;
}

function tickLabel(timeMs: number, stepMs: number, zone: Zone): string {
  const parts = timeParts(timeMs, zone);
  const month = monthNames[parts.month] ?? '';
  if (stepMs >= 28 * day) return parts.month === 0 ? `${parts.year}` : month;
  if (stepMs >= day || (parts.hour === 0 && parts.minute === 0 && parts.second === 0)) return `${parts.day} ${month}`;
  const clock = `${two(parts.hour)}:${two(parts.minute)}`;
  return stepMs < minute ? `${clock}:${two(parts.second)}` : clock;
}

/** Wall time as if it were UTC. */
function toWall(timeMs: number, zone: Zone): number {
  return zone === 'utc' ? timeMs : timeMs - offsetMs(timeMs);
}

function fromWall(wallMs: number, zone: Zone): number {
  if (zone === 'utc') return wallMs;
  const guess = wallMs + offsetMs(wallMs);
  return wallMs + offsetMs(guess);
}

function offsetMs(timeMs: number): number {
  return new Date(timeMs).getTimezoneOffset() * minute;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
