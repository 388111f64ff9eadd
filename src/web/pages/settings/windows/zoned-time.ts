/** A wall clock without a zone; the month counts from 0 and what is over (day 32) rolls on, as in Date. */
export interface WallTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  formats.set(timeZone, made);
  return made;
}

/** What the clocks of a zone show, as if it were UTC. @throws RangeError for a zone that the browser does not know. */
function wallMs(ms: number, timeZone: string): number {
  const parts = new Map(
    formatOf(timeZone)
      .formatToParts(ms)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const part = (name: Intl.DateTimeFormatPartTypes) => parts.get(name) ?? 0;
  return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
}

/** The day of a moment in a zone. */
export function wallDay(ms: number, timeZone: string): Pick<WallTime, 'year' | 'month' | 'day'> {
  const at = new Date(wallMs(ms, timeZone));
  return { year: at.getUTCFullYear(), month: at.getUTCMonth(), day: at.getUTCDate() };
}

/**
 * The moment at which the clocks of a zone show a time: of a time that comes twice in autumn the first, of one that is
 * skipped in spring as long after the change as it was meant to be after it (02:30 becomes 03:30).
 */
export function momentOf({ year, month, day, hour, minute }: WallTime, timeZone: string): number {
  const wanted = Date.UTC(year, month, day, hour, minute);
  const candidates = [-1, 1].map((days) => {
    const near = wanted + days * 86_400_000;
    return wanted - (wallMs(near, timeZone) - near);
  });
  return candidates.find((ms) => wallMs(ms, timeZone) === wanted) ?? candidates[0] ?? wanted;
}
