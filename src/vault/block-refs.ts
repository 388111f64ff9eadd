import type { BlockRef } from '../blocks/ports.ts';

/**
 * Places of blocks as a scan's pieces keep them until the run is made, one after another, little-endian: id (32 bytes), entries (4),
 * content bytes (4), stored bytes (4), length of the first key (4), of the last key (4), the keys.
 */
const headBytes = 32 + 5 * 4;

export function packRefs(refs: readonly BlockRef[]): Buffer {
  return Buffer.concat(
    refs.flatMap((ref) => {
      const head = Buffer.alloc(headBytes);
      ref.id.copy(head);
      head.writeUInt32LE(ref.count, 32);
      head.writeUInt32LE(ref.contentBytes, 36);
      head.writeUInt32LE(ref.storedBytes, 40);
      head.writeUInt32LE(ref.firstKey.length, 44);
      head.writeUInt32LE(ref.lastKey.length, 48);
      return [head, ref.firstKey, ref.lastKey];
    }),
  );
}

/** The refs share memory with `bytes`. */
export function* unpackRefs(bytes: Buffer): Generator<BlockRef, void, void> {
  let at = 0;
  while (at < bytes.length) {
    const keysAt = at + headBytes;
    const lastAt = keysAt + bytes.readUInt32LE(at + 44);
    const end = lastAt + bytes.readUInt32LE(at + 48);
    yield {
      id: bytes.subarray(at, at + 32),
      count: bytes.readUInt32LE(at + 32),
      contentBytes: bytes.readUInt32LE(at + 36),
      storedBytes: bytes.readUInt32LE(at + 40),
      firstKey: bytes.subarray(keysAt, lastAt),
      lastKey: bytes.subarray(lastAt, end),
    };
    at = end;
  }
}
