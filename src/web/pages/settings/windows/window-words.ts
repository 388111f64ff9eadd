import type { WindowTarget, WindowTimes } from '../../../../wire/api/notifiers.ts';
import { spanWords, type Zone } from '../../../chart/time-axis.ts';
import { counted, duration, zoneName } from '../../../format.ts';
import { daysWords, type Occurrence } from './occurrences.ts';

/** `once, 21 Nov 22:00 – 22 Nov 00:00 UTC`, `Saturday and Sunday at 02:00 for 4 h (Europe/Berlin)`. */
export function timesWords(times: WindowTimes, zone: Zone, nowMs: number): string {
  if (times.kind === 'once') return `once, ${spanOf(times, zone, nowMs)}`;
  const long = duration(times.durationMinutes * 60_000);
  return `${daysWords(times.days)} at ${times.start} for ${long} (${times.timeZone})`;
}

/** `22 Nov 02:00 – 04:00 UTC`: the second date only where it differs. */
export function spanOf({ fromMs, toMs }: Occurrence, zone: Zone, nowMs: number): string {
  const words = spanWords(fromMs, toMs, zone, nowMs);
  return zone === 'utc' ? words : `${words} ${zoneName(fromMs, zone)}`;
}

/** `the whole group`, `2 hosts, set checkout, hosts tagged prod`. */
export function targetWords({ hosts, sets, tags }: WindowTarget, setName: (id: string) => string): string {
  if (hosts.length + sets.length + tags.length === 0) return 'the whole group';
  const parts = [
    hosts.length === 0 ? '' : counted(hosts.length, 'host'),
    sets.length === 0 ? '' : `${sets.length === 1 ? 'set' : 'sets'} ${sets.map(setName).join(', ')}`,
    tags.length === 0 ? '' : `hosts tagged ${tags.join(', ')}`,
  ];
  return parts.filter(Boolean).join('; ');
}
