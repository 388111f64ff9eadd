import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress } from 'node:zlib';
import type { SampleGap, SamplesMessage } from '../model/sample.ts';
import { AppError } from '../runtime/errors.ts';
import { bodyLimits } from '../wire/protocol.ts';
import { decodeSamples, encodeSamples } from '../wire/sample-frames.ts';

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);
const namePattern = /^(\d{12})-(\d+)-(\d+)\.lwsf$/;

interface Segment {
  readonly path: string;
  readonly epoch: number;
  readonly samples: number;
  readonly bytes: number;
}

/**
 * Samples that wait for the server on disk. A segment is one samples message as it will be sent (zstd, its schemas with it), so
 * that it can be sent by another run of the agent: `<sequence>-<epoch>-<samples>.lwsf`. Written under another name and renamed;
 * not synced: a power cut may cost the newest.
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
      this.#add({ path, epoch: Number(match[2]), samples: Number(match[3]), bytes: size });
      this.#sequence = Math.max(this.#sequence, Number(match[1]) + 1);
    }
  }

  /** Gives back the gaps that were made by dropping the oldest. */
  async append(message: SamplesMessage, epoch: number): Promise<SampleGap[]> {
    const samples = message.runs.reduce((sum, run) => sum + run.times.length, 0);
    const body = await compress(encodeSamples(message));
    const name = `${String(this.#sequence++).padStart(12, '0')}-${epoch}-${samples}.lwsf`;
    const path = join(this.#folder, name);
    try {
      await writeFile(`${path}.tmp`, body, { mode: 0o600 });
      await rename(`${path}.tmp`, path);
    } catch (thrown) {
      // What a full disk took of it helps nobody.
      await rm(`${path}.tmp`, { force: true });
      throw diskError(thrown, this.#folder);
    }
    this.#add({ path, epoch, samples, bytes: body.length });
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

  async #drop(): Promise<SampleGap[]> {
    const segment = this.#segments[0];
    if (segment === undefined) return [];
    let gaps: SampleGap[] = [];
    try {
      const body = await readFile(segment.path);
      const { runs } = decodeSamples(await decompress(body, { maxOutputLength: bodyLimits.decompressedBytes }));
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
    this.#bytes -= segment?.bytes ?? 0;
    this.#samples -= segment?.samples ?? 0;
    return segment;
  }
}

function diskError(thrown: unknown, folder: string): unknown {
  const isFull = thrown instanceof Error && 'code' in thrown && (thrown.code === 'ENOSPC' || thrown.code === 'EDQUOT');
  if (!isFull) return thrown;
  return new AppError('STORE_FULL', `the disk of ${folder} is full`, { cause: thrown, retryable: true });
}
