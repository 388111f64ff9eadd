import type { CutBlock } from '../../blocks/block-cutter.ts';
import type { PieceBlock, ScanPiece } from './scan-messages.ts';

/** A piece is handed over when it holds so much, compressed or not: what was handed over is not read again after a crash. */
const pieceBytes = 2 * 2 ** 20;
const pieceContentBytes = 8 * 2 ** 20;

/** Gathers blocks of one part into pieces. */
export class PieceMaker {
  readonly #jobId: number;
  readonly #hand: (piece: ScanPiece) => Promise<void>;
  #blocks: PieceBlock[] = [];
  #storedBytes = 0;
  #documents = 0;
  #bytes = 0;

  constructor(jobId: number, hand: (piece: ScanPiece) => Promise<void>) {
    this.#jobId = jobId;
    this.#hand = hand;
  }

  get isFull(): boolean {
    return this.#storedBytes >= pieceBytes || this.#bytes >= pieceContentBytes;
  }

  add(block: CutBlock, run: number): void {
    const { id, firstKey, lastKey, count, contentBytes, stored } = block;
    this.#blocks.push({ run, id, firstKey, lastKey, count, contentBytes, stored });
    this.#storedBytes += stored.length;
    this.#documents += count;
    this.#bytes += contentBytes;
  }

  async hand(after: Uint8Array | null, done: boolean): Promise<void> {
    const piece: ScanPiece = {
      jobId: this.#jobId,
      blocks: this.#blocks,
      storedBytes: this.#storedBytes,
      after,
      done,
      documents: this.#documents,
      bytes: this.#bytes,
    };
    this.#blocks = [];
    this.#storedBytes = 0;
    this.#documents = 0;
    this.#bytes = 0;
    await this.#hand(piece);
  }
}
