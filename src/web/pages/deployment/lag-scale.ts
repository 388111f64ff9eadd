/** A tick of the lag line; `p` is 0 at now (right end) and 1 at the end of the oplog. */
export interface LagTick {
  readonly ms: number;
  readonly label: string;
  readonly p: number;
  readonly minor: boolean;
}

const second = 1000;
const ticks: readonly (readonly [ms: number, label: string, minor: boolean])[] = [
  [second, '1 s', true],
  [10 * second, '10 s', false],
  [60 * second, '1 min', false],
  [600 * second, '10 min', false],
  [3600 * second, '1 h', true],
  [10 * 3600 * second, '10 h', true],
  [86_400 * second, '1 d', true],
  [10 * 86_400 * second, '10 d', true],
];

/** Where a lag stands on a line whose end is `windowMs` back: logarithmic, zero at zero, never past the end. */
export function lagPosition(lagMs: number, windowMs: number): number {
  const scale = (ms: number) => Math.log1p(Math.max(0, ms) / second);
  return windowMs <= 0 ? 0 : Math.min(1, scale(lagMs) / scale(windowMs));
}

/** Ticks that fit: none too near the end of the oplog, whose label stands there. */
export function lagTicks(windowMs: number): LagTick[] {
  return ticks
    .map(([ms, label, minor]) => ({ ms, label, minor, p: lagPosition(ms, windowMs) }))
    .filter(({ ms, p }) => ms < windowMs && p < 0.86);
}

/**
 * Distances in pixels from the right end for dots of one width, so that none covers another: each keeps its own place
 * if it can, else it is moved left of its neighbour; at the left end the row is pushed back. Order is that of `wanted`.
 */
export function spreadDots(wanted: readonly number[], widthPx: number, dotPx: number): number[] {
  const order = wanted.map((_, at) => at).sort((a, b) => (wanted[a] ?? 0) - (wanted[b] ?? 0) || a - b);
  const placed = new Array<number>(wanted.length).fill(0);
  let least = 0;
  for (const at of order) {
    const place = Math.max(least, wanted[at] ?? 0);
    placed[at] = place;
    least = place + dotPx;
  }
  let most = widthPx;
  for (const at of order.toReversed()) {
    placed[at] = Math.max(0, Math.min(placed[at] ?? 0, most));
    most = (placed[at] ?? 0) - dotPx;
  }
  return placed;
}
