import { toAppError } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import { sleep } from '../../runtime/periodic.ts';
import { ProblemLog } from '../../runtime/problem-log.ts';
import { releaseBytes } from '../../runtime/release-bytes.ts';
import type { BlocksHead } from '../../wire/backup-messages.ts';
import type { BackupLink } from '../backup-link.ts';
import { Wake } from '../wake.ts';
import type { PieceBlock } from './scan-messages.ts';

type PieceHead = BlocksHead['pieces'][number];

/** A piece with its place in the upload of its part. */
export interface Upload {
  readonly piece: Omit<PieceHead, 'blocks'>;
  readonly blocks: readonly PieceBlock[];
  readonly storedBytes: number;
  /** Called when the server has it. */
  readonly onStored: () => void;
}

interface SenderParts {
  readonly request: { readonly replicaSetId: string; readonly epoch: number; readonly scanId: string };
  readonly link: BackupLink;
  readonly log: Log;
  readonly problems: Set<string>;
  /** Much of it is there already: the server is asked which blocks it has before their bytes are sent. */
  readonly askFirst: boolean;
}

const envelopeBytes = 6 * 2 ** 20;
const maxPieces = 2000;
const lingerBytes = 2 ** 20;
const lingerMs = 50;
const mostAsked = 10_000;
const nothing = new Uint8Array();
const firstBackOffMs = 500;
const maxBackOffMs = 10_000;

/** Sends pieces in the order in which they come, many in one envelope; `lanes` envelopes are on the way at once. */
export class BlockSender {
  readonly #parts: SenderParts;
  readonly #lanes: Lane[];

  constructor(parts: SenderParts, lanes: number) {
    this.#parts = parts;
    this.#lanes = Array.from({ length: lanes }, () => new Lane());
  }

  /** Pieces of one part must always name the same lane: one lane keeps the order. */
  add(lane: number, upload: Upload): void {
    this.#lanes[lane % this.#lanes.length]?.add(upload);
  }

  /** Until the signal aborts. @throws what the server refuses for good */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#lanes.map((lane) => this.#runLane(lane, signal)));
  }

  async #runLane(lane: Lane, signal: AbortSignal): Promise<void> {
    const problem = new ProblemLog(this.#parts.log, 'sending blocks', this.#parts.problems);
    let backOffMs = firstBackOffMs;
    for (;;) {
      const uploads = await lane.oldest(envelopeBytes, maxPieces, signal);
      if (signal.aborted) return;
      try {
        await this.#send(uploads, signal);
      } catch (thrown) {
        signal.throwIfAborted();
        const error = toAppError(thrown);
        if (!error.retryable) throw error;
        problem.failed(error);
        await sleep(backOffMs * (0.5 + Math.random() / 2), signal);
        backOffMs = Math.min(maxBackOffMs, backOffMs * 2);
        continue;
      }
      problem.worked();
      backOffMs = firstBackOffMs;
      lane.sent(uploads.length);
      for (const { blocks, onStored } of uploads) {
        for (const { stored } of blocks) releaseBytes(stored);
        onStored();
      }
    }
  }

  async #send(uploads: readonly Upload[], signal: AbortSignal): Promise<void> {
    const { request, link } = this.#parts;
    const known = await this.#known(uploads, signal);
    const bytesOf = ({ id, stored }: PieceBlock): Uint8Array => (known.has(hexOf(id)) ? nothing : stored);
    const pieces = uploads.map(({ piece, blocks }) => ({
      ...piece,
      blocks: blocks.map((block) => ({
        run: block.run,
        id: hexOf(block.id),
        firstKey: Buffer.from(block.firstKey).toString('base64'),
        lastKey: Buffer.from(block.lastKey).toString('base64'),
        count: block.count,
        contentBytes: block.contentBytes,
        length: bytesOf(block).length,
      })),
    }));
    const stored = uploads.flatMap(({ blocks }) => blocks.map(bytesOf));
    await link.blocks({ ...request, pieces }, stored, signal);
  }

  async #known(uploads: readonly Upload[], signal: AbortSignal): Promise<ReadonlySet<string>> {
    const { request, link, askFirst } = this.#parts;
    const ids = askFirst ? uploads.flatMap(({ blocks }) => blocks.map(({ id }) => hexOf(id))) : [];
    const known = new Set<string>();
    for (let at = 0; at < ids.length; at += mostAsked) {
      const asked = ids.slice(at, at + mostAsked);
      const have = await link.have({ ...request, ids: asked }, signal);
      for (const [index, id] of asked.entries()) if (have[index] === true) known.add(id);
    }
    return known;
  }
}

function hexOf(id: Uint8Array): string {
  return Buffer.from(id.buffer, id.byteOffset, id.length).toString('hex');
}

class Lane {
  readonly #queue: Upload[] = [];
  readonly #wake = new Wake();

  add(upload: Upload): void {
    this.#queue.push(upload);
    this.#wake.wake();
  }

  async oldest(maxBytes: number, maxCount: number, signal: AbortSignal): Promise<readonly Upload[]> {
    while (this.#queue.length === 0 && !signal.aborted) await this.#wake.wait(signal);
    // Pieces of small collections come one by one: they travel together.
    if (this.#queue.reduce((sum, { storedBytes }) => sum + storedBytes, 0) < lingerBytes) await sleep(lingerMs, signal);
    const found: Upload[] = [];
    let bytes = 0;
    for (const upload of this.#queue.slice(0, maxCount)) {
      bytes += upload.storedBytes;
      if (found.length > 0 && bytes > maxBytes) break;
      found.push(upload);
    }
    return found;
  }

  sent(count: number): void {
    this.#queue.splice(0, count);
  }
}
