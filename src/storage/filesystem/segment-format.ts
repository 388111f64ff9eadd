import { AppError } from '../../runtime/errors.ts';
import type { SliceInfo } from '../../vault/ports.ts';
import { checkBytes, type DataKey, type DataKeys, nonceBytes, seal, unseal } from './sealed-bytes.ts';

/** Layout of a segment: docs/formats/slice.md. All numbers are little-endian. */
const segmentMagic = Buffer.from('LWS\x01', 'latin1');
export const segmentHeaderBytes = 64;
const maxNameBytes = segmentHeaderBytes - segmentMagic.length - 6 - 1;

const recordMagic = Buffer.from('LWSR', 'latin1');
const at = { keyNumber: 4, length: 8, nonce: 12, check: 24, info: 40 } as const;
const infoBytes = 120;
export const sliceHeaderBytes = at.info + infoBytes;
/** A slice is at most 64 MiB of entries; what zstd cannot make smaller grows a little. */
export const maxSliceContentBytes = 64 * 1024 * 1024;
const maxFrameBytes = 65 * 1024 * 1024;

export function writeSegmentHeader(segment: number, replicaSetId: string): Buffer {
  const header = Buffer.alloc(segmentHeaderBytes);
  const name = Buffer.from(replicaSetId);
  if (name.length > maxNameBytes) throw new AppError('INTERNAL', `the id ${replicaSetId} is too long for a segment`);
  segmentMagic.copy(header);
  const after = header.writeUIntLE(segment, segmentMagic.length, 6);
  header[after] = name.length;
  name.copy(header, after + 1);
  return header;
}

/** @throws FORMAT_INVALID */
export function readSegmentHeader(header: Buffer): { readonly segment: number; readonly replicaSetId: string } {
  const nameAt = segmentMagic.length + 7;
  const nameLength = header[nameAt - 1] ?? 0;
  if (
    header.length < segmentHeaderBytes ||
    !header.subarray(0, segmentMagic.length).equals(segmentMagic) ||
    nameLength > maxNameBytes
  ) {
    throw new AppError('FORMAT_INVALID', 'it does not begin as a segment of a known version');
  }
  return {
    segment: header.readUIntLE(segmentMagic.length, 6),
    replicaSetId: header.toString('utf8', nameAt, nameAt + nameLength),
  };
}

/** Header and body of one slice; the body is its zstd frame, encrypted when there is a key. */
export function writeSlice(info: SliceInfo, frame: Buffer, key: DataKey | undefined): readonly [Buffer, Buffer] {
  const header = Buffer.alloc(sliceHeaderBytes);
  recordMagic.copy(header);
  header.writeUInt32LE(key?.number ?? 0, at.keyNumber);
  header.writeUInt32LE(frame.length, at.length);
  packInfo(info).copy(header, at.info);
  const sealed = seal(frame, aboutOf(header), key);
  sealed.nonce.copy(header, at.nonce);
  sealed.check.copy(header, at.check);
  return [header, sealed.body];
}

/** Bytes that follow a header, or undefined when there is none. Nothing of it is proved yet. */
export function readSliceLength(header: Buffer): number | undefined {
  if (header.length < sliceHeaderBytes || !header.subarray(0, recordMagic.length).equals(recordMagic)) return undefined;
  const length = header.readUInt32LE(at.length);
  return length > maxFrameBytes ? undefined : length;
}

/** The slice of a whole record, proved by tag or checksum. @throws FORMAT_INVALID */
export function readSlice(
  record: Buffer,
  keys: DataKeys | undefined,
): { readonly info: SliceInfo; readonly frame: Buffer } {
  if (readSliceLength(record) !== record.length - sliceHeaderBytes) {
    throw new AppError('FORMAT_INVALID', 'there is no record of a slice');
  }
  const sealed = {
    keyNumber: record.readUInt32LE(at.keyNumber),
    nonce: record.subarray(at.nonce, at.nonce + nonceBytes),
    check: record.subarray(at.check, at.check + checkBytes),
    body: record.subarray(sliceHeaderBytes),
  };
  const frame = unseal(sealed, aboutOf(record), keys);
  return { info: unpackInfo(record.subarray(at.info, sliceHeaderBytes)), frame };
}

/** What is known of a slice, in 120 bytes. */
export function packInfo(info: SliceInfo): Buffer {
  const bytes = Buffer.alloc(infoBytes);
  bytes[0] = info.after === null ? 0 : 1;
  bytes.writeBigUInt64LE(info.after?.ts ?? 0n, 4);
  bytes.writeBigInt64LE(BigInt(info.after?.term ?? 0), 12);
  bytes.writeBigUInt64LE(info.first, 20);
  bytes.writeBigUInt64LE(info.last.ts, 28);
  bytes.writeBigInt64LE(BigInt(info.last.term), 36);
  bytes.writeUInt32LE(info.entries, 44);
  bytes.writeUInt32LE(info.contentBytes, 48);
  bytes.writeUInt32LE(info.storedBytes, 52);
  info.hash.copy(bytes, 56);
  info.chain.copy(bytes, 88);
  return bytes;
}

/** @throws FORMAT_INVALID */
export function unpackInfo(bytes: Buffer): SliceInfo {
  if (bytes.length !== infoBytes || (bytes[0] ?? 2) > 1) throw new AppError('FORMAT_INVALID', 'its head is not known');
  return {
    after: bytes[0] === 0 ? null : { ts: bytes.readBigUInt64LE(4), term: Number(bytes.readBigInt64LE(12)) },
    first: bytes.readBigUInt64LE(20),
    last: { ts: bytes.readBigUInt64LE(28), term: Number(bytes.readBigInt64LE(36)) },
    entries: bytes.readUInt32LE(44),
    contentBytes: bytes.readUInt32LE(48),
    storedBytes: bytes.readUInt32LE(52),
    hash: Buffer.from(bytes.subarray(56, 88)),
    chain: Buffer.from(bytes.subarray(88, 120)),
  };
}

function aboutOf(header: Buffer): Buffer {
  return Buffer.concat([header.subarray(0, at.nonce), header.subarray(at.info, sliceHeaderBytes)]);
}
