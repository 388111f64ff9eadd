import type { MetricUnit } from '../model/metric.ts';

/** "4 min 12 s", "3 h 5 min", "2 d 1 h": the two largest parts, for sentences. */
export function durationWords(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const parts: readonly (readonly [number, string])[] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  if (first === -1) return '0 s';
  const largest = parts.slice(first, first + 2).filter(([count]) => count > 0);
  return largest.map(([count, unit]) => `${count} ${unit}`).join(' ');
}

/** "since 14:03:07 UTC", with the day when it is not today's. */
export function sinceWords(ms: number, nowMs: number): string {
  const at = new Date(ms).toISOString();
  const sameDay = at.slice(0, 10) === new Date(nowMs).toISOString().slice(0, 10);
  return `since ${sameDay ? '' : `${at.slice(0, 10)} `}${at.slice(11, 19)} UTC`;
}

/** The name people use: without the default port. */
export function hostWords(host: string): string {
  return host.endsWith(':27017') ? host.slice(0, -':27017'.length) : host;
}

/** A value with its unit: "93.4 %", "1.5 GB", "12 ms". */
export function valueWords(value: number, unit: MetricUnit): string {
  switch (unit) {
    case 'percent':
      return `${rounded(value)} %`;
    case 'seconds':
      return durationWords(value * 1000);
    case 'bytes':
      return bytesWords(value);
    case 'bytes per second':
      return `${bytesWords(value)}/s`;
    case 'per second':
      return `${rounded(value)}/s`;
    case 'boolean':
      return value === 0 ? 'no' : 'yes';
    case 'count':
      return rounded(value);
    default:
      return `${rounded(value)} ${unit}`;
  }
}

function bytesWords(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let size = bytes;
  let unit = 0;
  while (Math.abs(size) >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${rounded(size)} ${units[unit]}`;
}

/** Three significant digits, whole above a hundred. */
function rounded(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return String(Number(value.toFixed(digits)));
}
