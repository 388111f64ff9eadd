import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress } from 'node:zlib';
import type { SampleGap, SamplesMessage } from '../model/sample.ts';
import { AppError } from '../runtime/errors.ts';
import { bodyLimits } from '../wire/protocol.ts';
import { decodeSamples, encodeSamples } from '../wire/sample-frames.ts';
import { joinMessages } from './join-messages.ts';

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);
const namePattern = /^(\d{12})-(\d+)-(\d+)\.lwsf$/;

/** A last segment of less than both takes up what comes next: its schemas take more than a few samples. */
const joinedBytes = 128 * 2 ** 10;
const joinedSamples = 200;

interface Segment {
  readonly sequence: number;
  readonly path: string;
  readonly epoch: number;
  readonly samples: number;
  readonly bytes: number;
}

/**
 * Samples that wait for the server on disk. A segment is one samples message as it will be sent (zstd, its schemas with it), so
 * that it can be sent by another run of the agent: `<sequence>-<epoch>-<samples>.lwsf`. Written under another name, synced and
 * renamed. One that took up more than its predecessor has its sequence; where a crash left both, the larger holds all.
 */
export class OutboxDisk {
  readonly #folder: string;
  readonly #maxBytes: number;
  #segments: Segment[] = [];
  #sequence = 1;
  #bytes = 0;
  #samples = 0;

  constructor(folder: string, maxBytes: number) {
    this.#folder = folder;
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get samples(): number {
    return this.#samples;
  }

  get isEmpty(): boolean {
    return this.#segments.length === 0;
  }

  async open(): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    for (const name of (await readdir(this.#folder)).toSorted()) {
      const path = join(this.#folder, name);
      const match = namePattern.exec(name);
      if (match === null) {
        if (name.endsWith('.tmp')) await rm(path, { force: true });
        continue;
      }
      const { size } = await stat(path);
      const sequence = Number(match[1]);
      this.#add({ sequence, path, epoch: Number(match[2]), samples: Number(match[3]), bytes: size });
      this.#sequence = Math.max(this.#sequence, sequence + 1);
    }
    for (const { path } of this.#takeOutReplaced()) await rm(path, { force: true });
  }

  /** Gives back the gaps that were made by dropping the oldest. */
  async append(message: SamplesMessage, epoch: number): Promise<SampleGap[]> {
    const last = await this.#joinable(message, epoch);
    const whole = last === undefined ? message : joinMessages(last.message, message);
    const sequence = last?.segment.sequence ?? this.#sequence++;
    const samples = countOf(whole);
    const body = await compress(encodeSamples(whole));
    const path = join(this.#folder, `${String(sequence).padStart(12, '0')}-${epoch}-${samples}.lwsf`);
    try {
      await write(`${path}.tmp`, body);
      await rename(`${path}.tmp`, path);
    } catch (thrown) {
      // What a full disk took of it helps nobody.
      await rm(`${path}.tmp`, { force: true });
      throw diskError(thrown, this.#folder);
    }
    this.#add({ sequence, path, epoch, samples, bytes: body.length });
    for (const replaced of this.#takeOutReplaced())
      if (replaced.path !== path) await rm(replaced.path, { force: true });
    const gaps: SampleGap[] = [];
    while (this.#bytes > this.#maxBytes && this.#segments.length > 1) gaps.push(...(await this.#drop()));
    return gaps;
  }

  async first(): Promise<{ readonly body: Buffer; readonly epoch: number } | undefined> {
    for (;;) {
      const [segment] = this.#segments;
      if (segment === undefined) return undefined;
      try {
        return { body: await readFile(segment.path), epoch: segment.epoch };
      } catch (thrown) {
        // Somebody removed it: there is nothing to send in its place.
        if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT')) throw thrown;
        this.#forgetFirst();
      }
    }
  }

  async removeFirst(): Promise<void> {
    const segment = this.#forgetFirst();
    if (segment !== undefined) await rm(segment.path, { force: true });
  }

  /** The last segment, when what comes next belongs into it. */
  async #joinable(
    message: SamplesMessage,
    epoch: number,
  ): Promise<{ readonly segment: Segment; readonly message: SamplesMessage } | undefined> {
    const segment = this.#segments.at(-1);
    if (segment === undefined || segment.epoch !== epoch) return undefined;
    const isFull = segment.bytes >= Math.min(joinedBytes, this.#maxBytes / 8);
    if (isFull || segment.samples + countOf(message) > joinedSamples) return undefined;
    try {
      return { segment, message: await readSegment(segment.path) };
    } catch {
      // Damaged, or somebody removed it: it stays what it is.
      return undefined;
    }
  }

  /** Takes out every segment after which one of the same sequence comes. */
  #takeOutReplaced(): Segment[] {
    const ordered = this.#segments.toSorted((a, b) => a.sequence - b.sequence || a.samples - b.samples);
    const replaced = ordered.filter(({ sequence }, at) => ordered[at + 1]?.sequence === sequence);
    this.#segments = ordered.filter((segment) => !replaced.includes(segment));
    for (const segment of replaced) this.#uncount(segment);
    return replaced;
  }

  async #drop(): Promise<SampleGap[]> {
    const segment = this.#segments[0];
    if (segment === undefined) return [];
    let gaps: SampleGap[] = [];
    try {
      const { runs } = await readSegment(segment.path);
      gaps = runs.map(({ stream, times }) => ({
        stream,
        fromMs: times[0] ?? 0,
        toMs: times.at(-1) ?? 0,
        reason: 'the outbox of the agent was full while the server was away',
      }));
    } catch {
      // A damaged segment cannot say what it held; it goes all the same.
    }
    await this.removeFirst();
    return gaps;
  }

  #add(segment: Segment): void {
    this.#segments.push(segment);
    this.#bytes += segment.bytes;
    this.#samples += segment.samples;
  }

  #forgetFirst(): Segment | undefined {
    const segment = this.#segments.shift();
    if (segment !== undefined) this.#uncount(segment);
    return segment;
  }

  #uncount({ bytes, samples }: Segment): void {
    this.#bytes -= bytes;
    this.#samples -= samples;
  }
}

function countOf({ runs }: SamplesMessage): number {
  return runs.reduce((sum, { times }) => sum + times.length, 0);
}

async function readSegment(path: string): Promise<SamplesMessage> {
  const body = await readFile(path);
  return decodeSamples(await decompress(body, { maxOutputLength: bodyLimits.decompressedBytes }));
}

/** Synced, because it may take the place of what was written before. */
async function write(path: string, body: Uint8Array): Promise<void> {
  const file = await open(path, 'w', 0o600);
  try {
    await file.writeFile(body);
    await file.datasync();
  } finally {
    await file.close();
  }
}

function diskError(thrown: unknown, folder: string): unknown {
  const isFull = thrown instanceof Error && 'code' in thrown && (thrown.code === 'ENOSPC' || thrown.code === 'EDQUOT');
  if (!isFull) return thrown;
  return new AppError('STORE_FULL', `the disk of ${folder} is full`, { cause: thrown, retryable: true });
}
