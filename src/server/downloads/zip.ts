import { crc32, deflateRawSync } from 'node:zlib';
import {
  type ArchiveContent,
  type ArchiveParts,
  archiveParts,
  type FileSpan,
  type SmallFile,
  spanOf,
} from './archive-entry.ts';

/** A final block without content: ends a deflate stream that was left open at a byte (RFC 1951). */
const finalBlock = Buffer.of(0x03, 0x00);

interface ZipEntry {
  readonly name: string;
  readonly mode: number;
  readonly directory: boolean;
  readonly crc32: number;
  readonly sizeBytes: number;
  readonly storedBytes: number;
  readonly deflated: boolean;
}

/**
 * A zip (APPNOTE 6.3, no zip64: programs are far below 4 GiB) with Unix modes. Sizes and checksums are known before,
 * so local headers hold them and no data descriptor is needed.
 */
export function zipParts(content: ArchiveContent): ArchiveParts {
  const time = dosTime(content.modifiedMs);
  const directory: Buffer[] = [];
  const segments: (Uint8Array | FileSpan)[] = [];
  let offset = 0;
  const add = (entry: ZipEntry, ...body: (Uint8Array | FileSpan)[]): void => {
    directory.push(directoryRecord(entry, time, offset));
    const header = localHeader(entry, time);
    segments.push(header, ...body);
    offset += header.length + entry.storedBytes;
  };
  add(folderEntry(content.folder));
  for (const file of [...content.common, ...content.own]) {
    const { deflated, checksum } = compressed(file);
    const { length } = file.body;
    add(fileEntry(`${content.folder}/${file.name}`, file.mode, checksum, length, deflated.length), deflated);
  }
  for (const { name, file } of content.programs) {
    const storedBytes = file.deflatedBytes + finalBlock.length;
    const entry = fileEntry(`${content.folder}/${name}`, 0o755, file.crc32, file.sizeBytes, storedBytes);
    add(entry, spanOf(file), finalBlock);
  }
  const central = Buffer.concat(directory);
  segments.push(central, endRecord(directory.length, central.length, offset));
  return archiveParts('application/zip', joined(segments));
}

/** Files that every archive has are compressed at the first one alone. */
const known = new WeakMap<SmallFile, { deflated: Buffer; checksum: number }>();

function compressed(file: SmallFile): { deflated: Buffer; checksum: number } {
  const found = known.get(file) ?? { deflated: deflateRawSync(file.body), checksum: crc32(file.body) };
  known.set(file, found);
  return found;
}

/** Neighbouring bytes as one: each segment is a write of its own. */
function joined(segments: readonly (Uint8Array | FileSpan)[]): (Uint8Array | FileSpan)[] {
  const result: (Uint8Array | FileSpan)[] = [];
  let bytes: Uint8Array[] = [];
  for (const segment of segments) {
    if (segment instanceof Uint8Array) bytes.push(segment);
    else {
      result.push(Buffer.concat(bytes), segment);
      bytes = [];
    }
  }
  return [...result, Buffer.concat(bytes)];
}

function folderEntry(folder: string): ZipEntry {
  return { name: `${folder}/`, mode: 0o755, directory: true, crc32: 0, sizeBytes: 0, storedBytes: 0, deflated: false };
}

function fileEntry(name: string, mode: number, checksum: number, sizeBytes: number, storedBytes: number): ZipEntry {
  return { name, mode, directory: false, crc32: checksum, sizeBytes, storedBytes, deflated: true };
}

/** What local header and directory record share: version needed, UTF-8 names, method, time, checksum, sizes, name length. */
function sharedFields(entry: ZipEntry, time: number): Buffer {
  const fields = Buffer.alloc(26);
  fields.writeUInt16LE(20, 0);
  fields.writeUInt16LE(0x0800, 2);
  fields.writeUInt16LE(entry.deflated ? 8 : 0, 4);
  fields.writeUInt32LE(time, 6);
  fields.writeUInt32LE(entry.crc32, 10);
  fields.writeUInt32LE(entry.storedBytes, 14);
  fields.writeUInt32LE(entry.sizeBytes, 18);
  fields.writeUInt16LE(Buffer.byteLength(entry.name), 22);
  return fields;
}

function localHeader(entry: ZipEntry, time: number): Buffer {
  return Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), sharedFields(entry, time), Buffer.from(entry.name)]);
}

function directoryRecord(entry: ZipEntry, time: number, offset: number): Buffer {
  // Made on Unix, by version 2.0 of the format.
  const madeBy = Buffer.of(20, 3);
  const rest = Buffer.alloc(14);
  const type = entry.directory ? 0o040000 : 0o100000;
  rest.writeUInt32LE((((type | entry.mode) << 16) | (entry.directory ? 0x10 : 0)) >>> 0, 6);
  rest.writeUInt32LE(offset, 10);
  return Buffer.concat([
    Buffer.from('PK\x01\x02', 'latin1'),
    madeBy,
    sharedFields(entry, time),
    rest,
    Buffer.from(entry.name),
  ]);
}

function endRecord(entries: number, directoryBytes: number, directoryOffset: number): Buffer {
  const record = Buffer.alloc(22);
  record.write('PK\x05\x06', 0, 'latin1');
  record.writeUInt16LE(entries, 8);
  record.writeUInt16LE(entries, 10);
  record.writeUInt32LE(directoryBytes, 12);
  record.writeUInt32LE(directoryOffset, 16);
  return record;
}

/** MS-DOS date and time in UTC, two seconds fine, from 1980. */
function dosTime(ms: number): number {
  const at = new Date(ms);
  const years = Math.max(0, at.getUTCFullYear() - 1980);
  const date = (years << 9) | ((at.getUTCMonth() + 1) << 5) | at.getUTCDate();
  const time = (at.getUTCHours() << 11) | (at.getUTCMinutes() << 5) | (at.getUTCSeconds() >> 1);
  return ((date << 16) | time) >>> 0;
}
