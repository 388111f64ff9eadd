import { AppError } from '../runtime/errors.ts';

/**
 * Plain documents of a collection on their way from the server to a restore: docs/formats/view-chunks.md. Per chunk four bytes
 * (little-endian, as all of them) with the length of the rest, four with the number of documents, four with the length of the
 * last key, that key, and the stored block (docs/formats/block.md). Chunks stand one after another; no bytes: the collection's end, as
 * are four zero bytes after a chunk.
 */
export interface WireChunk {
  readonly documents: number;
  /** Pass it as `after` to get what follows. */
  readonly lastKey: Buffer;
  readonly stored: Buffer;
  /** Nothing follows it; otherwise that is not known. */
  readonly isLast?: true;
}

const lengthBytes = 4;
const end = Buffer.alloc(lengthBytes);
const headBytes = 8;
/** Of what one answer may hold besides the block that passes the limit that was asked for. */
export const viewChunkLimits = { defaultBytes: 8 * 2 ** 20, mostBytes: 32 * 2 ** 20 } as const;

/** The parts of an answer, in order; blocks are not copied. The end is told to those who asked for it: others would take it for a chunk. */
export function encodeViewChunks(chunks: readonly WireChunk[], tellEnd = false): Buffer[] {
  const parts = chunks.flatMap(({ documents, lastKey, stored }) => {
    const head = Buffer.alloc(lengthBytes + headBytes);
    head.writeUInt32LE(headBytes + lastKey.length + stored.length, 0);
    head.writeUInt32LE(documents, 4);
    head.writeUInt32LE(lastKey.length, 8);
    return [head, lastKey, stored];
  });
  return tellEnd && chunks.at(-1)?.isLast === true ? [...parts, end] : parts;
}

/** The chunks of an answer; they share its memory. @throws FORMAT_INVALID when it was cut off or is none. */
export function decodeViewChunks(bytes: Buffer): WireChunk[] {
  const chunks: WireChunk[] = [];
  let at = 0;
  while (at < bytes.length) {
    const before = chunks.at(-1);
    if (before !== undefined && bytes.subarray(at).equals(end)) {
      chunks[chunks.length - 1] = { ...before, isLast: true };
      return chunks;
    }
    if (bytes.length - at < lengthBytes + headBytes) throw damaged(at, 'it ends inside of the head of a chunk');
    const chunkEnd = at + lengthBytes + bytes.readUInt32LE(at);
    const keyAt = at + lengthBytes + headBytes;
    const storedAt = keyAt + bytes.readUInt32LE(at + 8);
    if (chunkEnd > bytes.length) throw damaged(at, 'it ends inside of a chunk');
    if (storedAt > chunkEnd) throw damaged(at, 'a key is longer than its chunk');
    chunks.push({
      documents: bytes.readUInt32LE(at + 4),
      lastKey: bytes.subarray(keyAt, storedAt),
      stored: bytes.subarray(storedAt, chunkEnd),
    });
    at = chunkEnd;
  }
  return chunks;
}

function damaged(at: number, why: string): AppError {
  return new AppError('FORMAT_INVALID', `chunks of a view, byte ${at}: ${why}`);
}
