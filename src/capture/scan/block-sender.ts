import { AppError, toAppError } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import { sleep } from '../../runtime/periodic.ts';
import { ProblemLog } from '../../runtime/problem-log.ts';
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
}

const envelopeBytes = 6 * 2 ** 20;
const maxPieces = 2000;
const lingerBytes = 2 ** 20;
const lingerMs = 50;
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
      for (const { onStored } of uploads) onStored();
    }
  }

  async #send(uploads: readonly Upload[], signal: AbortSignal): Promise<void> {
    const { request, link } = this.#parts;
    const pieces = uploads.map(({ piece, blocks }) => ({
      ...piece,
      blocks: blocks.map(({ run, id, firstKey, lastKey, count, contentBytes, stored }) => ({
        run,
        id: Buffer.from(id).toString('hex'),
        firstKey: Buffer.from(firstKey).toString('base64'),
        lastKey: Buffer.from(lastKey).toString('base64'),
        count,
        contentBytes,
        length: stored.length,
      })),
    }));
    const stored = uploads.flatMap(({ blocks }) => blocks.map((block) => block.stored));
    await link.blocks({ ...request, pieces }, stored, signal);
  }
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

/** The server is at another piece than this agent thinks: the scan begins again from what the server says. */
export function isOutOfStep(thrown: unknown): boolean {
  return thrown instanceof AppError && (thrown.code === 'CONFLICT' || thrown.code === 'NOT_FOUND');
}
