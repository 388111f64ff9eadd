import { createHash } from 'node:crypto';
import { forEachDocument } from '../query/document-block.ts';
import { AppError } from '../runtime/errors.ts';
import { readBatches, readChunks } from './batch-reader.ts';
import { collectionMetadata, viewMetadata } from './dump-metadata.ts';
import type { PlannedCollection, RestorePlan } from './plan.ts';
import type { RestoreSource } from './ports.ts';

/**
 * A tar (POSIX pax) as `mongodump --out` would fill a folder: `db/collection.bson` and `db/collection.metadata.json`. An entry's size
 * stands before its bytes, so every collection is read twice: to measure it, then to write it. Nothing is kept in between.
 */
export async function* tarStream(
  source: RestoreSource,
  plan: RestorePlan,
  signal: AbortSignal,
): AsyncGenerator<Buffer, void, void> {
  const mtime = Number(source.optime.ts >> 32n);
  const file = (path: string, text: string): Buffer => {
    const bytes = Buffer.from(text);
    return Buffer.concat([entryHeader(path, bytes.length, mtime), bytes, padding(bytes.length)]);
  };
  for (const view of plan.views) {
    yield file(`${view.database}/${fileName(view.name)}.metadata.json`, viewMetadata(view));
  }
  for (const planned of plan.collections) {
    yield file(`${planned.database}/${fileName(planned.name)}.metadata.json`, collectionMetadata(planned));
    const size = await documentBytes(source, planned, signal);
    yield entryHeader(`${planned.database}/${fileName(planned.dataName)}.bson`, size, mtime);
    yield* documents(source, planned, size, signal);
    yield padding(size);
  }
  // Two blocks of zeros end a tar.
  yield Buffer.alloc(2 * blockBytes);
}

const blockBytes = 512;

async function documentBytes(source: RestoreSource, planned: PlannedCollection, signal: AbortSignal): Promise<number> {
  let size = 0;
  for await (const { stored } of readChunks(source, planned.source.info.uuid, signal)) {
    forEachDocument(stored, (_bytes, start, end) => {
      size += end - start;
    });
  }
  return size;
}

async function* documents(
  source: RestoreSource,
  { from, source: { info } }: PlannedCollection,
  size: number,
  signal: AbortSignal,
): AsyncGenerator<Buffer, void, void> {
  let written = 0;
  for await (const { bytes } of readBatches(source, info.uuid, signal)) {
    written += bytes.length;
    if (written > size) break;
    yield bytes;
  }
  if (written === size) return;
  throw new AppError('INTERNAL', `${from} had ${size} bytes when it was measured and another number when it was read`);
}

const longestName = 238;

/** As mongodump names its files: percent-encoded; what is too long for a file system is cut and made unique by a hash. */
function fileName(collection: string): string {
  const escaped = encodeURIComponent(collection);
  if (escaped.length <= longestName) return escaped;
  return `${escaped.slice(0, 208)}%24${createHash('sha1').update(collection).digest('base64url')}`;
}

/** A ustar header; a path or a size that does not fit in it stands in a pax header before it. */
function entryHeader(path: string, size: number, mtime: number): Buffer {
  const records: string[] = [];
  if (Buffer.byteLength(path) > 100) records.push(paxRecord('path', path));
  if (size >= 8 ** 11) records.push(paxRecord('size', String(size)));
  const header = ustarHeader(path, size, mtime, '0');
  if (records.length === 0) return header;
  const pax = Buffer.from(records.join(''));
  return Buffer.concat([ustarHeader('pax', pax.length, mtime, 'x'), pax, padding(pax.length), header]);
}

/** `length key=value\n`, where the length counts its own digits. */
function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  let length = Buffer.byteLength(rest);
  while (String(length).length + Buffer.byteLength(rest) !== length) {
    length = String(length).length + Buffer.byteLength(rest);
  }
  return `${length}${rest}`;
}

function ustarHeader(path: string, size: number, mtime: number, type: string): Buffer {
  const header = Buffer.alloc(blockBytes);
  const octal = (value: number, at: number, width: number): void => {
    header.write(
      `${value
        .toString(8)
        .padStart(width - 1, '0')
        .slice(-(width - 1))}\0`,
      at,
      'latin1',
    );
  };
  header.write(path.slice(0, 100), 0, 100, 'utf8');
  octal(0o600, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(size, 124, 12);
  octal(mtime, 136, 12);
  header.write(' '.repeat(8), 148, 'latin1');
  header.write(type, 156, 'latin1');
  header.write('ustar\x0000', 257, 'latin1');
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}

function padding(size: number): Buffer {
  return Buffer.alloc((blockBytes - (size % blockBytes)) % blockBytes);
}
