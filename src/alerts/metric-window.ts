import type { WindowNeed } from './ports.ts';

/** A window is kept as so many slots: its edge moves by a slot at a time. */
const slots = 30;
/** Of a window that has not been watched for so much of its span nothing is said. */
const leastShare = 0.75;

/** The newest values of one metric on one host, over a window, in a few hundred bytes. */
export class MetricWindow {
  readonly #need: WindowNeed;
  readonly #slotMs: number;
  /** Which slot since 1970 a place holds. */
  readonly #ids = new Float64Array(slots).fill(-1);
  /** Sum, highest, lowest, or the newest value. */
  readonly #values = new Float64Array(slots);
  /** How many were summed, or the time of the newest. */
  readonly #weights = new Float64Array(slots);
  #newestMs = Number.NEGATIVE_INFINITY;

  constructor(need: WindowNeed) {
    this.#need = need;
    this.#slotMs = need.windowMs / slots;
  }

  get newestMs(): number {
    return this.#newestMs;
  }

  /** Times ascend; a value of a time that is known already is not counted again. */
  add(atMs: number, value: number): void {
    if (atMs <= this.#newestMs || !Number.isFinite(value)) return;
    this.#newestMs = atMs;
    const id = Math.floor(atMs / this.#slotMs);
    const at = id % slots;
    const { aggregate } = this.#need;
    const isFirst = this.#ids[at] !== id;
    const before = isFirst ? value : (this.#values[at] ?? value);
    this.#ids[at] = id;
    if (aggregate === 'rate') {
      this.#values[at] = value;
      this.#weights[at] = atMs;
    } else {
      const summed = isFirst ? value : before + value;
      const joined = aggregate === 'maximum' ? Math.max(before, value) : Math.min(before, value);
      this.#values[at] = aggregate === 'average' ? summed : joined;
      this.#weights[at] = isFirst ? 1 : (this.#weights[at] ?? 0) + 1;
    }
  }

  /** Undefined: the window is not known for long enough. */
  value(nowMs: number): number | undefined {
    const last = Math.floor(nowMs / this.#slotMs);
    const first = Math.max(last - slots + 1, 0);
    let oldest = last;
    let [joined, weight] = [Number.NaN, 0];
    let [firstValue, firstMs, lastValue, lastMs] = [0, Number.POSITIVE_INFINITY, 0, 0];
    const { aggregate, windowMs } = this.#need;
    for (let at = 0; at < slots; at++) {
      const id = this.#ids[at] ?? -1;
      if (id < first || id > last) continue;
      const [value, own] = [this.#values[at] ?? 0, this.#weights[at] ?? 0];
      oldest = Math.min(oldest, id);
      weight += own;
      if (aggregate === 'average') joined = Number.isNaN(joined) ? value : joined + value;
      else if (aggregate === 'maximum') joined = Number.isNaN(joined) ? value : Math.max(joined, value);
      else if (aggregate === 'minimum') joined = Number.isNaN(joined) ? value : Math.min(joined, value);
      else {
        if (own < firstMs) [firstValue, firstMs] = [value, own];
        if (own > lastMs) [lastValue, lastMs] = [value, own];
      }
    }
    if ((last - oldest + 1) * this.#slotMs < windowMs * leastShare) return undefined;
    if (aggregate === 'average') return joined / weight;
    if (aggregate !== 'rate') return joined;
    return lastMs > firstMs ? ((lastValue - firstValue) / (lastMs - firstMs)) * 1000 : undefined;
  }
}
