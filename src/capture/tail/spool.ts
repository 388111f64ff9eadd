import { createHash } from 'node:crypto';
import { mkdir, open as openFile, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Optime, parseTimestamp } from '../../model/optime.ts';
import { AppError } from '../../runtime/errors.ts';
import { openEnvelope, packEnvelope } from '../../wire/backup-envelope.ts';
import { slicesHead } from '../../wire/backup-messages.ts';
import { readOptimeMessage, sameOptime } from '../source/optime-message.ts';
import { Wake } from '../wake.ts';
import { type ChainEnd, emptyChain, type Slice, type SliceMeta } from './slice.ts';
import type { SpoolRoom } from './spool-room.ts';

const sliceMeta = slicesHead.shape.slices.element;
const namePattern = /^\d{12}\.lwslice$/;
const sequenceDigits = 12;
/** More than the description of a slice takes. */
const headBytes = 4096;

interface FoundFile {
  readonly meta: SliceMeta;
  readonly fileBytes: number;
}

interface Spooled {
  readonly path: string;
  readonly meta: SliceMeta;
  readonly fileBytes: number;
  frame: Buffer | undefined;
}

/**
 * Slices of one replica set that the server has not acknowledged, one file each: an envelope with the slice's description and its
 * frame. Written under another name and renamed, so what is there after a kill is whole; after a power cut it may not be, then it
 * is read from the source again. Files are 0600 in a folder of 0700.
 */
export class Spool {
  readonly #folder: string;
  readonly #room: SpoolRoom;
  #slices: Spooled[] = [];
  #sequence = 1;
  #bytes = 0;
  #base: ChainEnd = { after: null, chain: emptyChain };
  readonly #filled = new Wake();

  constructor(room: SpoolRoom, replicaSetId: string) {
    this.#room = room;
    this.#folder = join(room.folder, replicaSetId);
  }

  get bytes(): number {
    return this.#bytes;
  }

  get isEmpty(): boolean {
    return this.#slices.length === 0;
  }

  /** Where the next slice begins. */
  get end(): ChainEnd {
    const last = this.#slices.at(-1)?.meta;
    return last === undefined
      ? this.#base
      : { after: readOptimeMessage(last.last), chain: Buffer.from(last.chain, 'hex') };
  }

  /** Reads what an earlier run left. What is damaged or does not follow on, and all after it, is dropped. */
  async open(): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    let isGood = true;
    for (const name of (await readdir(this.#folder)).toSorted()) {
      const path = join(this.#folder, name);
      const found: FoundFile | undefined = isGood && namePattern.test(name) ? await readMeta(path) : undefined;
      isGood = found !== undefined && this.#follows(found.meta);
      if (found === undefined || !isGood) {
        await rm(path, { force: true });
        continue;
      }
      this.#add({ path, ...found, frame: undefined });
      this.#sequence = Number.parseInt(name, 10) + 1;
    }
  }

  /** The server has everything up to here. False when this is no end of a slice of this spool: nothing is dropped then. */
  async acknowledge(server: ChainEnd): Promise<boolean> {
    const at = this.#slices.findIndex(({ meta }) => isAt(meta, server));
    if (at < 0) return false;
    // Before files are removed: the next slice may be made meanwhile, and it begins there.
    this.#base = server;
    await this.#drop(at + 1);
    return true;
  }

  /**
   * The server says how far it is before anything was sent: what it has, or what does not follow on from there, is dropped.
   * @param begin the first entry of the capture, when the server has none yet: a scan that another one replaced began elsewhere
   */
  async align(server: ChainEnd, begin: Optime): Promise<void> {
    const at = this.#slices.findIndex(({ meta }) => isAt(meta, server));
    this.#base = server;
    if (at >= 0) await this.#drop(at + 1);
    else if (this.#slices[0] !== undefined && !begins(this.#slices[0].meta, server, begin)) await this.clear();
  }

  async clear(): Promise<void> {
    await this.#drop(this.#slices.length);
  }

  /** False when there is no room for it. @throws STORE_FULL when the disk says so. */
  async append(slice: Slice): Promise<boolean> {
    const body = packEnvelope(slice.meta, [slice.frame]);
    if (!(await this.#room.has(body.length))) return false;
    const path = join(this.#folder, `${String(this.#sequence++).padStart(sequenceDigits, '0')}.lwslice`);
    try {
      await writeFile(`${path}.tmp`, body, { mode: 0o600 });
      await rename(`${path}.tmp`, path);
    } catch (thrown) {
      await rm(`${path}.tmp`, { force: true });
      if (isFull(thrown)) return false;
      throw thrown;
    }
    const keep = this.#room.cache(slice.frame.length);
    this.#add({ path, meta: slice.meta, fileBytes: body.length, frame: keep ? slice.frame : undefined });
    this.#filled.wake();
    return true;
  }

  /** The oldest slices, as many as fit into `maxBytes` (one in any case). @throws FORMAT_INVALID when a file is damaged */
  async oldest(maxBytes: number, maxCount: number): Promise<Slice[]> {
    const found: Slice[] = [];
    let bytes = 0;
    for (const slice of this.#slices.slice(0, maxCount)) {
      bytes += slice.meta.length;
      if (found.length > 0 && bytes > maxBytes) break;
      found.push({ meta: slice.meta, frame: slice.frame ?? (await readFrame(slice)) });
    }
    return found;
  }

  /** Resolves when there is something to send, or the signal aborts. */
  async waitForSome(signal: AbortSignal): Promise<void> {
    while (this.isEmpty && !signal.aborted) await this.#filled.wait(signal);
  }

  #follows(meta: SliceMeta): boolean {
    const last = this.#slices.at(-1)?.meta;
    if (last === undefined) return true;
    return meta.after?.ts === last.last.ts && meta.after.term === last.last.term;
  }

  async #drop(count: number): Promise<void> {
    for (const slice of this.#slices.splice(0, count)) {
      this.#bytes -= slice.fileBytes;
      this.#room.gave(slice.fileBytes);
      this.#room.uncache(slice.frame?.length ?? 0);
      await rm(slice.path, { force: true });
    }
  }

  #add(slice: Spooled): void {
    this.#slices.push(slice);
    this.#bytes += slice.fileBytes;
    this.#room.took(slice.fileBytes);
  }

  /** Forgets what is in memory; the files stay for another run. */
  release(): void {
    for (const { frame } of this.#slices) this.#room.uncache(frame?.length ?? 0);
    this.#room.gave(this.#bytes);
    this.#bytes = 0;
    this.#slices = [];
  }
}

function isAt({ last, chain }: SliceMeta, server: ChainEnd): boolean {
  return sameOptime(readOptimeMessage(last), server.after) && chain === server.chain.toString('hex');
}

/** Does this slice follow right after what the server has; when it has nothing, does it begin where the capture does? */
function begins(meta: SliceMeta, server: ChainEnd, begin: Optime): boolean {
  if (server.after === null && parseTimestamp(meta.first) !== begin.ts) return false;
  if (!sameOptime(meta.after === null ? null : readOptimeMessage(meta.after), server.after)) return false;
  const chain = createHash('sha256').update(server.chain).update(Buffer.from(meta.hash, 'hex')).digest('hex');
  return chain === meta.chain;
}

/** The description of a whole file, of which only the beginning is read. */
async function readMeta(path: string): Promise<FoundFile | undefined> {
  const file = await openFile(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(headBytes), 0, headBytes, 0);
    const { head, rest } = openEnvelope(buffer.subarray(0, bytesRead), sliceMeta);
    const { size } = await file.stat();
    return size === bytesRead - rest.length + head.length ? { meta: head, fileBytes: size } : undefined;
  } catch {
    return undefined;
  } finally {
    await file.close();
  }
}

async function readFrame({ path, meta }: Spooled): Promise<Buffer> {
  const { rest } = openEnvelope(await readFile(path), sliceMeta);
  if (rest.length !== meta.length) throw new AppError('FORMAT_INVALID', `${path} is damaged`);
  return rest;
}

function isFull(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && (thrown.code === 'ENOSPC' || thrown.code === 'EDQUOT');
}
