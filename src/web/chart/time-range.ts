const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** The spans that one click gives, shortest first. A month is 30 days, a quarter 91, a year 365. */
export const presets = [
  { id: '1h', label: '1 h', words: 'last hour', spanMs: hour },
  { id: '6h', label: '6 h', words: 'last 6 hours', spanMs: 6 * hour },
  { id: '24h', label: '24 h', words: 'last 24 hours', spanMs: day },
  { id: '2d', label: '2 d', words: 'last 2 days', spanMs: 2 * day },
  { id: '1w', label: '1 w', words: 'last week', spanMs: 7 * day },
  { id: '1m', label: '1 m', words: 'last month', spanMs: 30 * day },
  { id: '3m', label: '3 m', words: 'last 3 months', spanMs: 91 * day },
  { id: '1y', label: '1 y', words: 'last year', spanMs: 365 * day },
] as const;
export type Preset = (typeof presets)[number];
export type PresetId = Preset['id'];

/**
 * What the reader chose. `auto` is no choice: the last 24 hours, or everything since the first sample of a host that is
 * younger than that. `preset` moves with the clock, `fixed` stands still.
 */
export type TimeRange =
  | { readonly kind: 'auto' }
  | { readonly kind: 'preset'; readonly id: PresetId }
  | { readonly kind: 'fixed'; readonly fromMs: number; readonly toMs: number };

export interface TimeWindow {
  readonly fromMs: number;
  readonly toMs: number;
  /** The right edge is now and moves. */
  readonly live: boolean;
}

export const shortestSpanMs = 20_000;
export const longestSpanMs = 5 * 366 * day;
const defaultSpanMs = day;
const youngestSpanMs = minute;

/** Reads `range=6h`, or `from=` and `to=` as ISO time or milliseconds. Anything else is no choice. */
export function readRange(query: URLSearchParams): TimeRange {
  const id = query.get('range');
  const preset = presets.find((entry) => entry.id === id);
  if (preset !== undefined) return { kind: 'preset', id: preset.id };
  const fromMs = readTime(query.get('from'));
  const toMs = readTime(query.get('to'));
  if (fromMs === null || toMs === null || toMs - fromMs < shortestSpanMs / 2 || toMs - fromMs > longestSpanMs) {
    return { kind: 'auto' };
  }
  return { kind: 'fixed', fromMs, toMs };
}

/** Writes what `readRange` reads; removes what no longer holds. */
export function writeRange(query: URLSearchParams, range: TimeRange): void {
  for (const name of ['range', 'from', 'to']) query.delete(name);
  if (range.kind === 'preset') query.set('range', range.id);
  if (range.kind === 'fixed') {
    query.set('from', isoTime(range.fromMs));
    query.set('to', isoTime(range.toMs));
  }
}

/** The span to show now. `firstSampleMs` is that of the host, null while there is none. */
export function resolveRange(range: TimeRange, nowMs: number, firstSampleMs: number | null): TimeWindow {
  switch (range.kind) {
    case 'fixed':
      return { fromMs: range.fromMs, toMs: range.toMs, live: false };
    case 'preset':
      return { fromMs: nowMs - spanOf(range.id), toMs: nowMs, live: true };
    case 'auto': {
      const spanMs = isSinceFirst(range, nowMs, firstSampleMs)
        ? Math.max(youngestSpanMs, nowMs - (firstSampleMs ?? nowMs))
        : defaultSpanMs;
      return { fromMs: nowMs - spanMs, toMs: nowMs, live: true };
    }
  }
}

/** Whether the window begins with the first sample of a young host. */
export function isSinceFirst(range: TimeRange, nowMs: number, firstSampleMs: number | null): boolean {
  return range.kind === 'auto' && firstSampleMs !== null && nowMs - firstSampleMs < defaultSpanMs;
}

/** The window as a fixed range, for a link that shows the same tomorrow. Whole seconds, never narrower than the window. */
export function fixRange(window: TimeWindow): TimeRange {
  return { kind: 'fixed', fromMs: Math.floor(window.fromMs / 1000) * 1000, toMs: Math.ceil(window.toMs / 1000) * 1000 };
}

/** A zoom to a part of the screen; too narrow ones grow around their middle. */
export function zoomTo(fromMs: number, toMs: number): TimeRange {
  const [from, to] = fromMs < toMs ? [fromMs, toMs] : [toMs, fromMs];
  const middle = (from + to) / 2;
  const half = Math.max(to - from, shortestSpanMs) / 2;
  return fixRange({ fromMs: middle - half, toMs: middle + half, live: false });
}

/** Twice the span around the same middle; becomes live again where it would reach past now. */
export function zoomOut(window: TimeWindow, nowMs: number): TimeRange {
  const spanMs = window.toMs - window.fromMs;
  return settle(window.fromMs - spanMs / 2, window.toMs + spanMs / 2, nowMs);
}

/** Moves by a part of the span: -0.5 is half a screen back. */
export function shiftRange(window: TimeWindow, part: number, nowMs: number): TimeRange {
  const by = (window.toMs - window.fromMs) * part;
  return settle(window.fromMs + by, window.toMs + by, nowMs);
}

export function spanOf(id: PresetId): number {
  return presets.find((entry) => entry.id === id)?.spanMs ?? defaultSpanMs;
}

/** Reads a time as the address or the range form gives it: ISO with zone, or milliseconds. */
export function readTime(text: string | null): number | null {
  if (text === null || text === '') return null;
  const ms = /^\d{10,14}$/.test(text) ? Number(text) : Date.parse(text);
  return Number.isFinite(ms) && ms >= 0 ? ms : null;
}

function settle(fromMs: number, toMs: number, nowMs: number): TimeRange {
  const spanMs = Math.min(toMs - fromMs, longestSpanMs);
  const preset = presets.find((entry) => Math.abs(entry.spanMs - spanMs) < entry.spanMs * 0.02);
  if (toMs >= nowMs && preset !== undefined) return { kind: 'preset', id: preset.id };
  const end = Math.min(toMs, nowMs);
  return fixRange({ fromMs: end - spanMs, toMs: end, live: false });
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString().replace(/\.000Z$/, 'Z');
}
