import { keepNewest } from '../../runtime/keep-newest.ts';

/** Smaller differences are the network's delay, or do not matter on a chart. */
const toleratedMs = 2_000;
/** Agents do not wait longer for an answer: what differs by more is the clock. */
const longestWayMs = 60_000;
/** A clock that is behind shows in every message; that one waited, on the way or for a busy server, in some. */
const wantedInARow = 6;
const bound = 10_000;

interface Known {
  readonly correctionMs: number;
  /** Messages in a row that came later than by the correction, and the least that one did. */
  readonly late: number;
  readonly leastMs: number;
}

const unknown: Known = { correctionMs: 0, late: 0, leastMs: Number.POSITIVE_INFINITY };

/**
 * How far each agent's clock is from ours. The correction stays the same until it is wrong by more than 2 s again, and is
 * a whole number of seconds: a sample that is sent twice must get the same time twice.
 */
export class ClockSkew {
  readonly #known = new Map<string, Known>();

  /** Milliseconds to add to the agent's times. */
  correctionMs(instanceId: string, sentAtMs: number, receivedAtMs: number): number {
    const offset = receivedAtMs - sentAtMs;
    const known = this.#known.get(instanceId) ?? unknown;
    if (!Number.isFinite(offset)) return known.correctionMs;
    const next = after(known, offset);
    if (next === known) return known.correctionMs;
    this.#known.delete(instanceId);
    this.#known.set(instanceId, next);
    keepNewest(this.#known, bound);
    return next.correctionMs;
  }
}

function after(known: Known, offset: number): Known {
  const overMs = offset - known.correctionMs;
  if (Math.abs(overMs) <= toleratedMs)
    return known.late === 0 ? known : { ...unknown, correctionMs: known.correctionMs };
  // No message comes before it was sent: what is earlier than thought is the clock.
  if (overMs < 0 || overMs > longestWayMs) return { ...unknown, correctionMs: rounded(offset) };
  const late = known.late + 1;
  const leastMs = Math.min(known.leastMs, offset);
  if (late < wantedInARow) return { ...known, late, leastMs };
  return { ...unknown, correctionMs: rounded(leastMs) };
}

function rounded(offset: number): number {
  return Math.abs(offset) <= toleratedMs ? 0 : Math.round(offset / 1000) * 1000;
}
