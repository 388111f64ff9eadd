export type RestorePhase = 'search' | 'data' | 'indexes' | 'proof' | 'end';

/** How far a restore is; bytes are of documents, before compression. */
export interface RestoreProgress {
  readonly phase: RestorePhase;
  readonly documents: number;
  readonly bytes: number;
  /** An estimate while the data is written; 0: not known. */
  readonly allBytes: number;
  readonly bytesPerSecond: number;
  /** Null: cannot be told yet. */
  readonly secondsLeft: number | null;
  /** Index builds under way, or what else a person would like to know. */
  readonly doing: readonly string[];
}

/** Work with a meter that tells every second how far it is, also while nothing comes. */
export async function withProgress<T>(
  settings: { readonly onProgress: (progress: RestoreProgress) => void; readonly now: () => number },
  work: (meter: ProgressMeter) => Promise<T>,
): Promise<T> {
  const meter = new ProgressMeter(settings.onProgress, settings.now);
  const ticking = setInterval(() => meter.tick(), 1000);
  try {
    return await work(meter);
  } finally {
    clearInterval(ticking);
  }
}

/** Counts, and tells at most every `everyMs`. The rate is that of the last 10 seconds or so. */
export class ProgressMeter {
  readonly #tell: (progress: RestoreProgress) => void;
  readonly #now: () => number;
  readonly #everyMs: number;
  #phase: RestorePhase = 'data';
  #documents = 0;
  #bytes = 0;
  #allBytes = 0;
  #toldAtMs = Number.NEGATIVE_INFINITY;
  readonly #doing = new Set<string>();
  #marks: { readonly atMs: number; readonly bytes: number }[] = [];

  constructor(tell: (progress: RestoreProgress) => void, now: () => number, everyMs = 1000) {
    this.#tell = tell;
    this.#now = now;
    this.#everyMs = everyMs;
  }

  begin(phase: RestorePhase, allBytes: number): void {
    this.#phase = phase;
    this.#documents = 0;
    this.#bytes = 0;
    this.#allBytes = allBytes;
    this.#marks = [];
    this.#maybeTell(true);
  }

  /** Tells again although nothing has moved: that it stands still is news as well. */
  tick(): void {
    this.#maybeTell(false);
  }

  add(documents: number, bytes: number): void {
    this.#documents += documents;
    this.#bytes += bytes;
    this.#maybeTell(false);
  }

  /** Says so while `work` runs. */
  async during<T>(what: string, work: () => Promise<T>): Promise<T> {
    this.#doing.add(what);
    this.#maybeTell(false);
    try {
      return await work();
    } finally {
      this.#doing.delete(what);
    }
  }

  #maybeTell(now: boolean): void {
    const atMs = this.#now();
    if (!now && atMs - this.#toldAtMs < this.#everyMs) return;
    this.#toldAtMs = atMs;
    this.#marks.push({ atMs, bytes: this.#bytes });
    if (this.#marks.length > 11) this.#marks.shift();
    const first = this.#marks[0];
    const seconds = first === undefined ? 0 : (atMs - first.atMs) / 1000;
    const bytesPerSecond = seconds > 0 ? Math.max(0, (this.#bytes - (first?.bytes ?? 0)) / seconds) : 0;
    const left = Math.max(0, this.#allBytes - this.#bytes);
    this.#tell({
      phase: this.#phase,
      documents: this.#documents,
      bytes: this.#bytes,
      allBytes: this.#allBytes,
      bytesPerSecond,
      secondsLeft: bytesPerSecond > 0 ? left / bytesPerSecond : null,
      doing: [...this.#doing],
    });
  }
}
