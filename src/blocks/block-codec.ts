import { createHmac } from 'node:crypto';
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { AppError } from '../runtime/errors.ts';
import { releaseBytes } from '../runtime/release-bytes.ts';
import { BlockContent, damagedBlock } from './block-content.ts';

/** No block is larger before compression: a document of 16 MiB with its key fits several times. */
export const maxContentBytes = 64 * 1024 * 1024;

const storedZstd = 0x01;
const storedPlain = 0x02;
const headerBytes = 5;

/** The name of a block inside of its group: HMAC-SHA-256 of the uncompressed content under the group's key (32 bytes). */
export function blockId(content: Uint8Array, groupKey: Uint8Array): Buffer {
  return createHmac('sha256', groupKey).update(content).digest();
}

/** Content as it is stored: how it is compressed, its length, then zstd. The bytes may differ by version of zstd, the id does not. */
export function packContent(content: Uint8Array, level: number): Buffer {
  const packed = zstdCompressSync(content, {
    params: { [constants.ZSTD_c_compressionLevel]: level, [constants.ZSTD_c_checksumFlag]: 1 },
    chunkSize: outputBytes(content.length),
  });
  const header = Buffer.alloc(headerBytes);
  header[0] = storedZstd;
  header.writeUInt32LE(content.length, 1);
  const stored = Buffer.concat([header, packed]);
  releaseBytes(packed);
  return stored;
}

/** Content in the same form, not compressed: for a reader on the same machine. */
export function plainContent(content: Uint8Array): Buffer {
  const stored = Buffer.allocUnsafeSlow(headerBytes + content.length);
  stored[0] = storedPlain;
  stored.writeUInt32LE(content.length, 1);
  stored.set(content, headerBytes);
  return stored;
}

/**
 * Node writes the output into buffers of 16 KiB: far too much for a block of one small document, of which there may be very many, and many to be
 * joined for a large one. What may be larger than a block of the usual size (one large document) goes into one.
 */
function outputBytes(contentBytes: number): number {
  const most = contentBytes + (contentBytes >> 8) + 128;
  return contentBytes > 2 * 2 ** 20 ? most : Math.min(most, 64 * 1024);
}

/**
 * The content of a stored block, after its hash and its order were checked. FORMAT_INVALID when it is damaged, of a newer
 * version, of another group, or not the block that was asked for. Never allocates more than maxContentBytes.
 */
export function readBlock(stored: Buffer, id: Uint8Array, groupKey: Uint8Array): BlockContent {
  return new BlockContent(readContent(stored, id, groupKey));
}

/** The same for a block of any kind (data or index): its content, whose hash was checked. */
export function readContent(stored: Buffer, id: Uint8Array, groupKey: Uint8Array): Buffer {
  const content = unpackContent(stored);
  if (!blockId(content, groupKey).equals(id))
    throw damagedBlock(0, 'its content does not have the hash that it is named by');
  return content;
}

/** The content alone, when what it is was proved before: a view's chunks, a block whose envelope was. zstd compares its own checksum. @throws FORMAT_INVALID */
export function unpackContent(stored: Buffer): Buffer {
  const kind = stored[0];
  if (stored.length < headerBytes || (kind !== storedZstd && kind !== storedPlain))
    throw damagedBlock(0, 'its compression is not known');
  const length = stored.readUInt32LE(1);
  if (length > maxContentBytes)
    throw damagedBlock(1, `${length} bytes of content, at most ${maxContentBytes} are allowed`);
  const frame = stored.subarray(headerBytes);
  if (kind === storedPlain) {
    if (frame.length !== length) throw damagedBlock(1, `${frame.length} bytes of content, not ${length}`);
    return frame;
  }
  const { content, consumed } = decompress(frame, length);
  if (content.length !== length) throw damagedBlock(1, `${content.length} bytes of content, not ${length}`);
  if (consumed !== frame.length) throw damagedBlock(headerBytes + consumed, 'bytes follow its end');
  return content;
}

/** `consumed`: how much of the frame zstd read; Node takes whatever comes after the end of a frame without a word. */
function decompress(frame: Buffer, length: number): { content: Buffer; consumed: number } {
  let result: unknown;
  try {
    // One byte more than it has, or Node takes a second buffer when the first one is full.
    const chunkSize = Math.max(length + 1, 64);
    result = zstdDecompressSync(frame, { maxOutputLength: Math.max(length, 1), info: true, chunkSize });
  } catch (error) {
    throw new AppError('FORMAT_INVALID', 'block: zstd cannot read it', { cause: error });
  }
  // With `info` Node answers this object; its types do not say so.
  if (typeof result === 'object' && result !== null && 'buffer' in result && 'engine' in result) {
    const { buffer, engine } = result;
    if (Buffer.isBuffer(buffer) && typeof engine === 'object' && engine !== null && 'bytesWritten' in engine) {
      return { content: buffer, consumed: Number(engine.bytesWritten) };
    }
  }
  throw new AppError('INTERNAL', 'zstd answered in another way than this version of Node does');
}
