import { AppError } from '../../runtime/errors.ts';
import { checkBytes, type DataKey, type DataKeys, nonceBytes, seal, unseal } from './sealed-bytes.ts';

/** Layout of a pack: docs/formats/pack.md. All numbers are little-endian. */
const packMagic = Buffer.from('LWP\x01', 'latin1');
export const packHeaderBytes = 64;
const maxGroupBytes = packHeaderBytes - packMagic.length - 6 - 1;

const recordMagic = Buffer.from('LWPR', 'latin1');
const at = { keyNumber: 4, length: 8, nonce: 12, check: 24, id: 40 } as const;
const idBytes = 32;
export const recordHeaderBytes = at.id + idBytes;
/** Content of a block is at most 64 MiB; what zstd cannot make smaller grows a little. */
const maxBodyBytes = 65 * 1024 * 1024;

/** Whose pack it is, and its number. */
export interface PackHeader {
  readonly groupId: string;
  readonly pack: number;
}

export function writePackHeader({ groupId, pack }: PackHeader): Buffer {
  const header = Buffer.alloc(packHeaderBytes);
  const name = Buffer.from(groupId);
  if (name.length > maxGroupBytes) throw new AppError('INTERNAL', `the group id ${groupId} is too long for a pack`);
  packMagic.copy(header);
  const after = header.writeUIntLE(pack, packMagic.length, 6);
  header[after] = name.length;
  name.copy(header, after + 1);
  return header;
}

/** @throws FORMAT_INVALID */
export function readPackHeader(header: Buffer): PackHeader {
  const nameAt = packMagic.length + 7;
  const nameLength = header[nameAt - 1] ?? 0;
  if (
    header.length < packHeaderBytes ||
    !header.subarray(0, packMagic.length).equals(packMagic) ||
    nameLength > maxGroupBytes
  ) {
    throw new AppError('FORMAT_INVALID', 'it does not begin as a pack of a known version');
  }
  return {
    pack: header.readUIntLE(packMagic.length, 6),
    groupId: header.toString('utf8', nameAt, nameAt + nameLength),
  };
}

export interface RecordHeader {
  readonly id: Buffer;
  readonly keyNumber: number;
  /** Of the body after the header. */
  readonly length: number;
}

/** Header and body of one block. */
export function writeRecord(id: Buffer, stored: Buffer, key: DataKey | undefined): readonly [Buffer, Buffer] {
  const header = Buffer.alloc(recordHeaderBytes);
  recordMagic.copy(header);
  header.writeUInt32LE(key?.number ?? 0, at.keyNumber);
  header.writeUInt32LE(stored.length, at.length);
  id.copy(header, at.id);
  const sealed = seal(stored, aboutOf(header), key);
  sealed.nonce.copy(header, at.nonce);
  sealed.check.copy(header, at.check);
  return [header, sealed.body];
}

/** What a header says of itself; nothing of it is proved yet. Undefined when there is none. */
export function readRecordHeader(header: Buffer): RecordHeader | undefined {
  if (header.length < recordHeaderBytes || !header.subarray(0, recordMagic.length).equals(recordMagic))
    return undefined;
  const length = header.readUInt32LE(at.length);
  if (length > maxBodyBytes) return undefined;
  return { id: header.subarray(at.id, recordHeaderBytes), keyNumber: header.readUInt32LE(at.keyNumber), length };
}

/** The block of a whole record, proved by tag or checksum. @throws FORMAT_INVALID */
export function readRecord(
  record: Buffer,
  keys: DataKeys | undefined,
): { readonly id: Buffer; readonly stored: Buffer } {
  const header = readRecordHeader(record);
  if (header === undefined || header.length !== record.length - recordHeaderBytes) {
    throw new AppError('FORMAT_INVALID', 'there is no record of a block');
  }
  const sealed = {
    keyNumber: header.keyNumber,
    nonce: record.subarray(at.nonce, at.nonce + nonceBytes),
    check: record.subarray(at.check, at.check + checkBytes),
    body: record.subarray(recordHeaderBytes),
  };
  return { id: header.id, stored: unseal(sealed, aboutOf(record), keys) };
}

/** The offset at which the next record may begin, or -1: how reading goes on behind damage. */
export function findRecord(bytes: Buffer, from: number): number {
  return bytes.indexOf(recordMagic, from);
}

function aboutOf(header: Buffer): Buffer {
  return Buffer.concat([header.subarray(0, at.nonce), header.subarray(at.id, recordHeaderBytes)]);
}
