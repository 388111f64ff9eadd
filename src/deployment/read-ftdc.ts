import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { inflate } from 'node:zlib';
import { AppError } from '../runtime/errors.ts';
import { bsonType, documentEnd, readNumber } from './bson-elements.ts';
import { numericPlaces, writeNumber } from './bson-places.ts';
import { findElement } from './find-bson.ts';

const inflateAsync = promisify(inflate);
/** A chunk holds at most 300 samples of some 20,000 metrics; anything larger is damage. */
const maxChunkBytes = 64 * 2 ** 20;
const maxDocumentBytes = 32 * 2 ** 20;

/**
 * Reads a mongod's diagnostic.data: the samples in order of time, each as the raw document that getDiagnosticData would have
 * answered. Format (src/mongo/db/ftdc of MongoDB): files `metrics.*` of BSON documents {_id: date, type, data | doc}; type 1 is a
 * chunk: uncompressed size (uint32), zlib of [reference document, metrics (uint32), deltas (uint32), columns of varints in which a
 * zero is followed by the number of further zeros]. A file that ends in the middle ends there: mongod still writes it.
 * What lies before `fromMs` is passed over without unpacking it: the next file tells by its name, the next chunk by its _id.
 */
export async function* readFtdc(folder: string, fromMs = 0): AsyncGenerator<Buffer> {
  let waiting: Chunk | undefined;
  const names = await metricFiles(folder);
  for (const [at, name] of names.entries()) {
    if (begunByMs(names[at + 1] ?? '') <= fromMs) continue;
    for await (const document of bsonDocuments(join(folder, name))) {
      const chunk = chunkOf(document);
      if (chunk === undefined) continue;
      if (waiting !== undefined && !(chunk.firstMs <= fromMs)) yield* samplesOf(waiting.packed, fromMs);
      waiting = chunk;
    }
  }
  if (waiting !== undefined) yield* samplesOf(waiting.packed, fromMs);
}

interface Chunk {
  /** Of its first sample; NaN when it does not say. */
  readonly firstMs: number;
  readonly packed: Buffer;
}

/**
 * The end of the second in which a file was begun, by its name `metrics.2026-11-21T15-57-12Z-00000`; NaN for others. The file before
 * it may have samples of that second.
 */
function begunByMs(name: string): number {
  const [, day, hours, minutes, seconds] = /^metrics\.(\d+-\d+-\d+)T(\d+)-(\d+)-(\d+)Z-\d+$/.exec(name) ?? [];
  return Date.parse(`${day}T${hours}:${minutes}:${seconds}Z`) + 1000;
}

async function metricFiles(folder: string): Promise<string[]> {
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (cause) {
    throw new AppError('INPUT_INVALID', `cannot read ${folder}: ${String(cause)}`, {
      cause,
      hint: "Name the folder diagnostic.data inside a mongod's dbPath, and run as a user who may read it.",
    });
  }
  // metrics.interim holds the newest samples, which no other file has yet; it sorts behind the dates.
  const found = names.filter((name) => name.startsWith('metrics.') && !name.endsWith('.temp')).toSorted();
  if (found.length === 0) throw new AppError('INPUT_INVALID', `${folder} holds no metrics files of a mongod`);
  return found;
}

async function* bsonDocuments(path: string): AsyncGenerator<Buffer> {
  const file = await open(path, 'r');
  try {
    const head = Buffer.alloc(4);
    let at = 0;
    for (;;) {
      if ((await file.read(head, 0, 4, at)).bytesRead < 4) return;
      const size = head.readInt32LE();
      if (size < 5 || size > maxDocumentBytes) return;
      const body = Buffer.alloc(size);
      if ((await file.read(body, 0, size, at)).bytesRead < size) return;
      yield body;
      at += size;
    }
  } finally {
    await file.close();
  }
}

/** A chunk of samples; undefined for metadata. */
function chunkOf(document: Buffer): Chunk | undefined {
  const view = new DataView(document.buffer, document.byteOffset, document.byteLength);
  const kind = findElement(document, 'type');
  if (kind === undefined || readNumber(view, kind.at, kind.kind) !== 1) return undefined;
  const data = findElement(document, 'data');
  if (data?.kind !== bsonType.binary) return undefined;
  const id = findElement(document, '_id');
  const firstMs = id?.kind === bsonType.date ? readNumber(view, id.at, id.kind) : Number.NaN;
  return { firstMs, packed: document.subarray(data.at + 5, data.at + 5 + document.readInt32LE(data.at)) };
}

async function* samplesOf(chunk: Buffer, fromMs: number): AsyncGenerator<Buffer> {
  let plain: Buffer;
  try {
    plain = await inflateAsync(chunk.subarray(4), { maxOutputLength: maxChunkBytes });
  } catch {
    // The last chunk of a mongod that was killed may be cut.
    return;
  }
  const size = documentEnd(new DataView(plain.buffer, plain.byteOffset, plain.byteLength), 0, plain.length) + 1;
  const reference = plain.subarray(0, size);
  const metrics = plain.readUInt32LE(size);
  const deltas = plain.readUInt32LE(size + 4);
  const places = numericPlaces(reference).flatMap((place) =>
    // A timestamp is two metrics: seconds, then increment.
    place.kind === bsonType.timestamp
      ? [
          { ...place, part: 1 },
          { ...place, part: 2 },
        ]
      : [{ ...place, part: 0 }],
  );
  if (places.length !== metrics)
    throw new AppError('FORMAT_INVALID', 'a chunk of diagnostic.data does not fit its reference');
  if (startOf(reference) >= fromMs) yield Buffer.from(reference);
  if (deltas === 0) return;
  const columns = readColumns(plain.subarray(size + 8), metrics, deltas);
  const sample = Buffer.from(reference);
  const view = new DataView(sample.buffer, sample.byteOffset, sample.byteLength);
  const values = places.map(({ at, kind, part }) => firstValue(view, at, kind, part));
  for (let row = 0; row < deltas; row++) {
    for (const [column, { at, kind, part }] of places.entries()) {
      const delta = columns[column * deltas + row] ?? 0n;
      if (delta === 0n) continue;
      const value = BigInt.asIntN(64, (values[column] ?? 0n) + delta);
      values[column] = value;
      if (part === 0) writeNumber(view, at, kind, value);
      else view.setUint32(part === 1 ? at + 4 : at, Number(BigInt.asUintN(32, value)), true);
    }
    if (startOf(sample) >= fromMs) yield Buffer.from(sample);
  }
}

function startOf(sample: Buffer): number {
  const found = findElement(sample, 'start');
  if (found === undefined) return 0;
  return Number(sample.readBigInt64LE(found.at));
}

function firstValue(view: DataView, at: number, kind: number, part: number): bigint {
  if (part > 0) return BigInt(view.getUint32(part === 1 ? at + 4 : at, true));
  if (kind === bsonType.decimal128) return 0n;
  const value = readNumber(view, at, kind);
  return kind === bsonType.int64 || kind === bsonType.date
    ? view.getBigInt64(at, true)
    : BigInt(Math.trunc(value) || 0);
}

function readColumns(bytes: Buffer, metrics: number, deltas: number): BigUint64Array {
  const columns = new BigUint64Array(metrics * deltas);
  let at = 0;
  let zeros = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined) throw new AppError('FORMAT_INVALID', 'a chunk of diagnostic.data ends too early');
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) break;
    }
    return value;
  };
  for (let index = 0; index < columns.length; index++) {
    if (zeros > 0) {
      zeros--;
      continue;
    }
    const value = varint();
    if (value === 0n) zeros = Number(varint());
    else columns[index] = value;
  }
  return columns;
}
