import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import type { ArchiveParts } from './archive-entry.ts';

const chunkBytes = 64 * 1024;

/** The archive's bytes, a chunk at a time: the reader's pace is the disk's, and no archive is ever whole in memory. */
export function archiveStream({ head, deflatedPath, tail }: ArchiveParts): Readable {
  return Readable.from(chunksOf(head, deflatedPath, tail), { objectMode: false, highWaterMark: chunkBytes });
}

async function* chunksOf(head: Uint8Array, path: string, tail: Uint8Array): AsyncGenerator<Uint8Array> {
  yield head;
  yield* createReadStream(path, { highWaterMark: chunkBytes });
  yield tail;
}
