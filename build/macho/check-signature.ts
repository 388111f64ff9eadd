import { createHash } from 'node:crypto';
import { readMachO, segmentOf } from './macho-file.ts';

export interface CheckedSignature {
  readonly identifier: string;
  readonly pages: number;
  readonly adhoc: boolean;
}

/**
 * Checks the signature of a Mach-O file as macOS does before it runs a page: the hash of every page, the limit of the
 * code, the end of `__LINKEDIT`, and the hashes of the other blobs. Written apart from the signer, so that it also holds
 * for files that Apple's tools signed. @throws Error that names what is wrong
 */
export function checkSignature(file: Buffer): CheckedSignature {
  const machO = readMachO(file);
  if (machO.signature === undefined) throw new Error('the file is not signed');
  const { dataAt, dataBytes } = machO.signature;
  const linkEdit = segmentOf(machO, '__LINKEDIT');
  must(dataAt % 16 === 0, 'the signature is not aligned');
  must(dataAt + dataBytes === file.length, 'the signature does not end where the file ends');
  must(linkEdit.fileOffset + linkEdit.fileSize === file.length, '__LINKEDIT does not end where the file ends');
  const blobs = readBlobs(file.subarray(dataAt));
  const directory = blobs.get(0);
  if (directory === undefined) throw new Error('there is no CodeDirectory');
  must(directory.readUInt32BE(32) === dataAt, 'the limit of the code is not where the signature begins');
  const pages = checkPages(file.subarray(0, dataAt), directory);
  checkSpecialSlots(directory, blobs);
  const identifierAt = directory.readUInt32BE(20);
  return {
    identifier: directory.toString('utf8', identifierAt, directory.indexOf(0, identifierAt)),
    pages,
    adhoc: (directory.readUInt32BE(12) & 2) !== 0,
  };
}

function readBlobs(superBlob: Buffer): Map<number, Buffer> {
  must(superBlob.readUInt32BE(0) === 0xfade0cc0, 'the signature is not an embedded one');
  const blobs = new Map<number, Buffer>();
  for (let blob = 0; blob < superBlob.readUInt32BE(8); blob++) {
    const offset = superBlob.readUInt32BE(16 + 8 * blob);
    const length = superBlob.readUInt32BE(offset + 4);
    must(offset + length <= superBlob.readUInt32BE(4), 'a blob is outside of the signature');
    blobs.set(superBlob.readUInt32BE(12 + 8 * blob), superBlob.subarray(offset, offset + length));
  }
  return blobs;
}

function checkPages(code: Buffer, directory: Buffer): number {
  const [hashesAt, codeSlots] = [directory.readUInt32BE(16), directory.readUInt32BE(28)];
  const [hashBytes = 0, hashType = 0] = directory.subarray(36, 38);
  const pageBytes = 2 ** (directory[39] ?? 0);
  must(directory.readUInt32BE(0) === 0xfade0c02 && hashType === 2, 'the CodeDirectory is not one of SHA-256');
  must(codeSlots === Math.ceil(code.length / pageBytes), 'the number of hashes is not the number of pages');
  for (let slot = 0; slot < codeSlots; slot++) {
    const wanted = directory.subarray(hashesAt + slot * hashBytes, hashesAt + (slot + 1) * hashBytes);
    const page = code.subarray(slot * pageBytes, (slot + 1) * pageBytes);
    must(sha256(page).subarray(0, hashBytes).equals(wanted), `page ${slot} has another hash than the signature says`);
  }
  return codeSlots;
}

function checkSpecialSlots(directory: Buffer, blobs: ReadonlyMap<number, Buffer>): void {
  const [hashesAt, count] = [directory.readUInt32BE(16), directory.readUInt32BE(24)];
  const hashBytes = directory[36] ?? 0;
  for (let slot = 1; slot <= count; slot++) {
    const wanted = directory.subarray(hashesAt - slot * hashBytes, hashesAt - (slot - 1) * hashBytes);
    const blob = blobs.get(slot);
    if (blob === undefined)
      must(
        wanted.every((byte) => byte === 0),
        `slot ${slot} names a blob that is not there`,
      );
    else must(sha256(blob).equals(wanted), `blob ${slot} has another hash than the CodeDirectory says`);
  }
}

function must(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise);
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}
