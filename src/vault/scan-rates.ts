import type { Clock } from '../runtime/clock.ts';

const windowMs = 60_000;
/** A rate over less than this says nothing. */
const leastMs = 2000;

/** How quickly scans come in, over the last minute. */
export class ScanRates {
  readonly #clock: Clock;
  readonly #came = new Map<string, { readonly atMs: number; bytes: number }[]>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(scanId: string, bytes: number): void {
    const second = Math.floor(this.#clock.now() / 1000) * 1000;
    const recent = this.#came.get(scanId) ?? [];
    const last = recent.at(-1);
    if (last?.atMs === second) last.bytes += bytes;
    else recent.push({ atMs: second, bytes });
    while ((recent[0]?.atMs ?? second) < second - windowMs) recent.shift();
    this.#came.set(scanId, recent);
  }

  /** Of documents, before compression; null when too little came to say. */
  bytesPerSecond(scanId: string): number | null {
    const now = this.#clock.now();
    const recent = (this.#came.get(scanId) ?? []).filter((one) => one.atMs > now - windowMs);
    const first = recent[0];
    if (first === undefined || now - first.atMs < leastMs) return null;
    // What came first came over a time that is not known.
    const bytes = recent.slice(1).reduce((sum, one) => sum + one.bytes, 0);
    return (bytes * 1000) / (now - first.atMs);
  }

  forget(scanId: string): void {
    this.#came.delete(scanId);
  }
}
