import { createHash } from 'node:crypto';
import { commandsEnd, type MachO, readMachO, segmentOf } from './macho-file.ts';

/**
 * Signs a Mach-O file ad hoc, without an identity: macOS on Apple silicon runs nothing unsigned. Format: Apple's
 * `cs_blobs.h` (xnu, `osfmk/kern/cs_blobs.h`); numbers of the signature are big-endian. The same file and identifier give
 * the same bytes, and an ad-hoc signature that is there is replaced.
 */
const pageBits = 12;
const pageBytes = 1 << pageBits;
const hashBytes = 32;
const sha256Type = 2;
const adhocFlag = 2;
/** The fields that version 0x20400 has, up to execSegFlags. */
const directoryHeaderBytes = 88;
const directoryVersion = 0x20400;
/** Slot -2 holds the requirements, slot -1 (Info.plist) is empty. */
const specialSlots = 2;
const signatureCommandBytes = 16;
const mainBinary = 1n;
const magics = { signature: 0xfade0cc0, directory: 0xfade0c02, requirements: 0xfade0c01 };
const slots = { directory: 0, requirements: 2 };

/** Gives back the signed file. @throws Error when there is no room for the load command */
export function signAdhoc(file: Buffer, identifier: string): Buffer {
  const machO = readMachO(file);
  const codeLimit = machO.signature?.dataAt ?? Math.ceil(file.length / 16) * 16;
  const requirements = Buffer.alloc(12);
  requirements.writeUInt32BE(magics.requirements, 0);
  requirements.writeUInt32BE(requirements.length, 4);
  const shape = directoryShape(codeLimit, identifier);
  const superBytes = 28 + shape.bytes + requirements.length;
  const signatureBytes = Math.ceil(superBytes / 16) * 16;
  const signed = Buffer.alloc(codeLimit + signatureBytes);
  file.copy(signed, 0, 0, Math.min(codeLimit, file.length));
  writeCommand(signed, machO, codeLimit, signatureBytes);
  growLinkEdit(signed, machO);
  // From here on the pages stay as they are: their hashes come last.
  const directory = makeDirectory(signed, machO, { codeLimit, identifier, requirements, ...shape });
  const index = [magics.signature, superBytes, 2, slots.directory, 28, slots.requirements, 28 + directory.length];
  for (const [place, value] of index.entries()) signed.writeUInt32BE(value, codeLimit + 4 * place);
  directory.copy(signed, codeLimit + 28);
  requirements.copy(signed, codeLimit + 28 + directory.length);
  return signed;
}

function directoryShape(codeLimit: number, identifier: string) {
  const codeSlots = Math.ceil(codeLimit / pageBytes);
  const hashesAt = directoryHeaderBytes + Buffer.byteLength(identifier) + 1 + specialSlots * hashBytes;
  return { codeSlots, hashesAt, bytes: hashesAt + codeSlots * hashBytes };
}

function writeCommand(signed: Buffer, machO: MachO, dataAt: number, dataBytes: number): void {
  let at = machO.signature?.commandAt;
  if (at === undefined) {
    at = commandsEnd(machO);
    if (at + signatureCommandBytes > machO.firstContentAt)
      throw new Error('no room for the load command of a signature');
    signed.writeUInt32LE(machO.commandCount + 1, 16);
    signed.writeUInt32LE(machO.commandsBytes + signatureCommandBytes, 20);
  }
  for (const [place, value] of [0x1d, signatureCommandBytes, dataAt, dataBytes].entries()) {
    signed.writeUInt32LE(value, at + 4 * place);
  }
}

/** The signature belongs to the last segment, which ends where the file ends. */
function growLinkEdit(signed: Buffer, machO: MachO): void {
  const { commandAt, fileOffset } = segmentOf(machO, '__LINKEDIT');
  const fileSize = signed.length - fileOffset;
  // Memory in pages of Apple silicon, which are the larger ones.
  signed.writeBigUInt64LE(BigInt(Math.ceil(fileSize / 16_384) * 16_384), commandAt + 32);
  signed.writeBigUInt64LE(BigInt(fileSize), commandAt + 48);
}

interface DirectoryParts {
  readonly codeLimit: number;
  readonly identifier: string;
  readonly requirements: Buffer;
  readonly codeSlots: number;
  readonly hashesAt: number;
  readonly bytes: number;
}

function makeDirectory(signed: Buffer, machO: MachO, parts: DirectoryParts): Buffer {
  const { codeLimit, identifier, requirements, codeSlots, hashesAt, bytes } = parts;
  const directory = Buffer.alloc(bytes);
  const numbers = [
    magics.directory,
    bytes,
    directoryVersion,
    adhocFlag,
    hashesAt,
    directoryHeaderBytes,
    specialSlots,
    codeSlots,
    codeLimit,
  ];
  for (const [place, value] of numbers.entries()) directory.writeUInt32BE(value, 4 * place);
  directory.set([hashBytes, sha256Type, 0, pageBits], 36);
  const text = segmentOf(machO, '__TEXT');
  directory.writeBigUInt64BE(BigInt(text.fileOffset), 64);
  directory.writeBigUInt64BE(BigInt(text.fileSize), 72);
  directory.writeBigUInt64BE(mainBinary, 80);
  directory.write(`${identifier}\0`, directoryHeaderBytes);
  sha256(requirements).copy(directory, hashesAt - slots.requirements * hashBytes);
  for (let slot = 0; slot < codeSlots; slot++) {
    const page = signed.subarray(slot * pageBytes, Math.min((slot + 1) * pageBytes, codeLimit));
    sha256(page).copy(directory, hashesAt + slot * hashBytes);
  }
  return directory;
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}
