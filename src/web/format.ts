import { timeParts, type Zone } from './chart/time-axis.ts';
import { formatParts } from './chart/unit-scale.ts';

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const units = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1000, 's'],
] as const;

/** A number with its unit apart, at most three significant digits: `41.2`, `k/s`. */
export function figure(value: number | null | undefined, unit: string): readonly [digits: string, unit: string] {
  return formatParts(value, unit);
}

/** Every digit, grouped: `51,200`. */
export function whole(value: number): string {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

/** `0.8 s`, `4 min 12 s`, `41 d`: the two largest units that count, days and more alone. */
export function duration(ms: number): string {
  if (ms < 0) return `-${duration(-ms)}`;
  if (ms < 950) return ms < 50 ? '0 s' : `${(ms / 1000).toFixed(1)} s`;
  if (ms < 9950) return `${(ms / 1000).toFixed(1).replace(/\.0$/, '')} s`;
  let rest = Math.round(ms / 1000) * 1000;
  if (rest >= 10 * 86_400_000) return `${Math.floor(rest / 86_400_000)} d`;
  const words: string[] = [];
  for (const [size, name] of units) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) words.push(`${count} ${name}`);
    else if (words.length > 0) break;
    if (words.length === 2) break;
  }
  return words.join(' ');
}

/** The larger unit alone, for places without room: `31 h`, `12 d`. */
export function shortDuration(ms: number): string {
  if (ms < 9950) return duration(ms);
  for (const [size, name] of units)
    if (ms >= size * (size === 86_400_000 ? 3 : 1.5)) return `${Math.round(ms / size)} ${name}`;
  return `${Math.round(ms / 1000)} s`;
}

/** `3.1 GiB`. */
export function size(bytes: number | null | undefined): string {
  const [digits, unit] = formatParts(bytes, 'bytes');
  return unit === '' ? digits : `${digits} ${unit}`;
}

/** `Sat 21 Nov, 03:00:12 UTC`; the year where it is not that of `nowMs`. */
export function fullTime(ms: number, zone: Zone, nowMs = Date.now()): string {
  const at = timeParts(ms, zone);
  const year = at.year === timeParts(nowMs, zone).year ? '' : ` ${at.year}`;
  return `${days[at.weekday] ?? ''} ${at.day} ${months[at.month] ?? ''}${year}, ${clock(ms, zone)} ${zoneName(ms, zone)}`;
}

/** `03:00:12`. */
export function clock(ms: number, zone: Zone): string {
  const at = timeParts(ms, zone);
  return [at.hour, at.minute, at.second].map((part) => String(part).padStart(2, '0')).join(':');
}

/** `21 Nov 03:00`, or `03:00:12` when it is today. */
export function shortTime(ms: number, zone: Zone, nowMs = Date.now()): string {
  const [at, now] = [timeParts(ms, zone), timeParts(nowMs, zone)];
  if (at.day === now.day && at.month === now.month && at.year === now.year) return clock(ms, zone);
  const year = at.year === now.year ? '' : ` ${at.year}`;
  return `${at.day} ${months[at.month] ?? ''}${year} ${clock(ms, zone).slice(0, 5)}`;
}

/** `4 s ago`, `in 3 h`. */
export function ago(ms: number, nowMs = Date.now()): string {
  const passed = nowMs - ms;
  if (Math.abs(passed) < 950) return 'now';
  return passed > 0 ? `${shortDuration(passed)} ago` : `in ${shortDuration(-passed)}`;
}

/** `UTC`, or the short name of the browser's zone. */
export function zoneName(ms: number, zone: Zone): string {
  if (zone === 'utc') return 'UTC';
  const parts = new Intl.DateTimeFormat('en', { timeZoneName: 'short' }).formatToParts(ms);
  return parts.find(({ type }) => type === 'timeZoneName')?.value ?? 'local';
}

/** `1 member`, `3 members`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${whole(count)} ${count === 1 ? one : many}`;
}

/** A name without the domain and the usual port: `db1` of `db1.example.net:27017`; addresses of numbers stay whole. */
export function shortHost(host: string): string {
  const plain = host.replace(/:27017$/, '');
  if (/^\[|^\d+\.\d+\.\d+\.\d+/.test(plain)) return plain;
  const [name = plain, port] = plain.split(':', 2);
  const first = name.split('.', 1)[0] ?? name;
  return port === undefined ? first : `${first}:${port}`;
}

/** First letter large. */
export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
