import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { constants, zstdCompress } from 'node:zlib';
import { type Optime, timestampText } from '../../model/optime.ts';
import { AppError } from '../../runtime/errors.ts';
import type { SlicesHead } from '../../wire/backup-messages.ts';
import { optimeMessageOf, sameOptime } from '../source/optime-message.ts';

/** A slice as its envelope describes it, and its zstd frame: docs/formats/slice.md */
export type SliceMeta = SlicesHead['slices'][number];
export interface Slice {
  readonly meta: SliceMeta;
  readonly frame: Buffer;
}

/** Where the next slice begins: the last entry before it (null: none), and the hash of the chain up to there. */
export interface ChainEnd {
  readonly after: Optime | null;
  readonly chain: Buffer;
}

export const emptyChain = Buffer.alloc(32);

/** Entries that were read and are not a slice yet: raw BSON one after another. */
export interface SliceContent {
  /** The entry before the first one; null: there is none in this capture. */
  readonly after: Optime | null;
  readonly bytes: Buffer;
  readonly first: bigint;
  readonly last: Optime;
  readonly entries: number;
}

const compress = promisify(zstdCompress);

/** Makes the slice that follows `end`. @throws INTERNAL when the content does not: a hole must never look like none */
export async function makeSlice(end: ChainEnd, content: SliceContent, level: number): Promise<Slice> {
  if (!sameOptime(end.after, content.after)) {
    throw new AppError('INTERNAL', `entries up to ${timestampText(content.last.ts)} do not follow on the slice before`);
  }
  const hash = createHash('sha256').update(content.bytes).digest();
  const chain = createHash('sha256').update(end.chain).update(hash).digest();
  const frame = await compress(content.bytes, {
    params: { [constants.ZSTD_c_compressionLevel]: level },
    pledgedSrcSize: content.bytes.length,
  });
  const meta: SliceMeta = {
    after: end.after === null ? null : optimeMessageOf(end.after),
    first: timestampText(content.first),
    last: optimeMessageOf(content.last),
    entries: content.entries,
    contentBytes: content.bytes.length,
    length: frame.length,
    hash: hash.toString('hex'),
    chain: chain.toString('hex'),
  };
  return { meta, frame };
}

/** Gathers entries until there are enough for a slice. */
export class SliceCutter {
  readonly #maxBytes: number;
  #bytes = Buffer.allocUnsafe(64 * 1024);
  #length = 0;
  #entries = 0;
  #first = 0n;
  #after: Optime | null;
  #last: Optime | null;
  #openedAt = 0;

  /** @param after the last entry before the first that comes */
  constructor(maxBytes: number, after: Optime | null) {
    this.#maxBytes = maxBytes;
    this.#after = after;
    this.#last = after;
  }

  /** The last entry that came; before any, what it began with. */
  get last(): Optime | null {
    return this.#last;
  }

  get isEmpty(): boolean {
    return this.#entries === 0;
  }

  /** That were gathered. */
  get bytes(): number {
    return this.#length;
  }

  /** Since the first entry came. */
  get ageMs(): number {
    return this.isEmpty ? 0 : performance.now() - this.#openedAt;
  }

  /** True when an entry of so many bytes must go into the next slice. */
  isFullFor(bytes: number): boolean {
    return !this.isEmpty && this.#length + bytes > this.#maxBytes;
  }

  add(from: Buffer, start: number, end: number, optime: Optime): void {
    if (this.isEmpty) {
      this.#first = optime.ts;
      this.#after = this.#last;
      this.#openedAt = performance.now();
    }
    const length = this.#length + end - start;
    if (length > this.#bytes.length) {
      const grown = Buffer.allocUnsafe(Math.max(length, Math.min(this.#bytes.length * 4, this.#maxBytes)));
      this.#bytes.copy(grown, 0, 0, this.#length);
      this.#bytes = grown;
    }
    from.copy(this.#bytes, this.#length, start, end);
    this.#length = length;
    this.#last = optime;
    this.#entries++;
  }

  /** What was gathered, and begins anew. The bytes belong to the caller. */
  take(): SliceContent {
    if (this.#last === null) throw new AppError('INTERNAL', 'there is nothing to make a slice of');
    const content = {
      after: this.#after,
      bytes: this.#bytes.subarray(0, this.#length),
      first: this.#first,
      last: this.#last,
      entries: this.#entries,
    };
    this.#bytes = Buffer.allocUnsafe(64 * 1024);
    this.#length = 0;
    this.#entries = 0;
    return content;
  }
}
