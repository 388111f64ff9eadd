import type { MetricSchema, SampleGap, SampleRun, SampleSource, SamplesMessage } from '../model/sample.ts';
import type { OutboxDisk } from './outbox-disk.ts';

export interface Sample {
  readonly stream: string;
  readonly source: SampleSource;
  readonly schema: MetricSchema;
  readonly timeMs: number;
  readonly values: Float64Array;
  /** Lease epoch under which it was taken. */
  readonly epoch: number;
}

interface OutboxSettings {
  readonly disk: OutboxDisk;
  /** So much may wait in memory when the disk does not take it. Default 16 MiB. */
  readonly memoryBytes?: number;
}

const overheadBytes = 120;
/** Numbers in one message: 4 MiB of doubles. */
const batchValues = 2 ** 19;
const maxGaps = 5000;

export type Batch =
  | {
      readonly from: 'memory';
      readonly samples: readonly Sample[];
      readonly gaps: readonly SampleGap[];
      readonly epoch: number;
    }
  | { readonly from: 'disk'; readonly body: Buffer; readonly epoch: number };

/** What waits for the server, oldest first: on disk what is old, in memory what is new. Bounded in both. */
export class Outbox {
  readonly #disk: OutboxDisk;
  readonly #memoryBytes: number;
  #samples: Sample[] = [];
  #gaps: SampleGap[] = [];
  #bytes = 0;
  #lost = 0;
  /** Samples at the front that a request carries now. */
  #sending = 0;
  #wake: (() => void) | undefined;

  constructor({ disk, memoryBytes = 16 * 2 ** 20 }: OutboxSettings) {
    this.#disk = disk;
    this.#memoryBytes = memoryBytes;
  }

  get samples(): number {
    return this.#samples.length + this.#disk.samples;
  }

  get bytes(): number {
    return this.#bytes + this.#disk.bytes;
  }

  /** Samples that went because neither memory nor disk had room. */
  get lostSamples(): number {
    return this.#lost;
  }

  get isEmpty(): boolean {
    return this.#samples.length === 0 && this.#gaps.length === 0 && this.#disk.isEmpty;
  }

  add(sample: Sample): void {
    this.#samples.push(sample);
    this.#bytes += sizeOf(sample);
    // The disk does not take them (full, or a request hangs): the oldest that nobody is sending go.
    while (this.#bytes > this.#memoryBytes && this.#samples.length > this.#sending + 1) {
      const [lost] = this.#samples.splice(this.#sending, 1);
      if (lost === undefined) break;
      this.#bytes -= sizeOf(lost);
      this.#lost++;
      this.addGaps([
        { stream: lost.stream, fromMs: lost.timeMs, toMs: lost.timeMs, reason: 'the agent had no room left' },
      ]);
    }
    this.#wake?.();
  }

  addGaps(gaps: readonly SampleGap[]): void {
    for (const gap of gaps) {
      const at = this.#gaps.findLastIndex(({ stream, reason }) => stream === gap.stream && reason === gap.reason);
      const before = this.#gaps[at];
      if (before !== undefined && gap.fromMs >= before.fromMs) {
        this.#gaps[at] = { ...before, toMs: Math.max(before.toMs, gap.toMs) };
      } else if (this.#gaps.length < maxGaps) this.#gaps.push(gap);
    }
  }

  /** Forgets what waits in memory for a stream that is gone from the group. */
  forget(stream: string): void {
    if (this.#sending > 0) return;
    this.#samples = this.#samples.filter((sample) => sample.stream !== stream);
    this.#gaps = this.#gaps.filter((gap) => gap.stream !== stream);
    this.#bytes = this.#samples.reduce((sum, sample) => sum + sizeOf(sample), 0);
  }

  /** Resolves when something waits, or the signal aborts. */
  async waitForSome(signal: AbortSignal): Promise<void> {
    if (!this.isEmpty || signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    signal.addEventListener('abort', () => resolve(), { once: true });
    await promise;
    this.#wake = undefined;
  }

  /** The oldest batch, of one epoch. It stays until `sent`. */
  async first(): Promise<Batch | undefined> {
    const stored = await this.#disk.first();
    if (stored !== undefined) return { from: 'disk', ...stored };
    const samples = this.#oldest();
    if (samples.length === 0 && this.#gaps.length === 0) return undefined;
    this.#sending = samples.length;
    return { from: 'memory', samples, gaps: this.#gaps.slice(), epoch: samples[0]?.epoch ?? 0 };
  }

  async sent(batch: Batch): Promise<void> {
    if (batch.from === 'disk') return this.#disk.removeFirst();
    this.#samples.splice(0, batch.samples.length);
    this.#sending = 0;
    for (const sample of batch.samples) this.#bytes -= sizeOf(sample);
    const told = new Map(batch.gaps.map((gap) => [`${gap.stream} ${gap.fromMs} ${gap.reason}`, gap.toMs]));
    this.#gaps = this.#gaps.filter((gap) => told.get(`${gap.stream} ${gap.fromMs} ${gap.reason}`) !== gap.toMs);
  }

  /** The batch could not be sent: it waits on. */
  kept(): void {
    this.#sending = 0;
  }

  /** Moves all that waits in memory to disk. Only when nothing of it is being sent. */
  async spill(): Promise<void> {
    while (this.#samples.length > 0) {
      const samples = this.#oldest();
      this.#sending = samples.length;
      try {
        const dropped = await this.#disk.append(
          messageOf(samples, [], () => true),
          samples[0]?.epoch ?? 0,
        );
        this.#samples.splice(0, samples.length);
        for (const sample of samples) this.#bytes -= sizeOf(sample);
        this.addGaps(dropped);
      } finally {
        this.#sending = 0;
      }
    }
  }

  #oldest(): Sample[] {
    const [first] = this.#samples;
    let values = 0;
    let count = 0;
    for (const sample of this.#samples) {
      values += sample.values.length;
      if (sample.epoch !== first?.epoch || (count > 0 && values > batchValues)) break;
      count++;
    }
    return this.#samples.slice(0, count);
  }
}

function sizeOf(sample: Sample): number {
  return sample.values.byteLength + overheadBytes;
}

/** Samples as a message: one run per stream, source and schema; schemas for which `withSchema` says so. */
export function messageOf(
  samples: readonly Sample[],
  gaps: readonly SampleGap[],
  withSchema: (schema: MetricSchema) => boolean,
): SamplesMessage {
  const runs = new Map<string, { run: SampleRun; times: number[]; values: Float64Array[] }>();
  const schemas = new Map<string, MetricSchema>();
  for (const { stream, source, schema, timeMs, values } of samples) {
    const key = `${source} ${schema.hash} ${stream}`;
    let open = runs.get(key);
    if (open === undefined) {
      const times: number[] = [];
      const list: Float64Array[] = [];
      open = { run: { stream, source, schemaHash: schema.hash, times, values: list }, times, values: list };
      runs.set(key, open);
      if (withSchema(schema)) schemas.set(schema.hash, schema);
    }
    if (timeMs <= (open.times.at(-1) ?? -1)) continue;
    open.times.push(timeMs);
    open.values.push(values);
  }
  return { schemas: [...schemas.values()], runs: [...runs.values()].map(({ run }) => run), gaps };
}
