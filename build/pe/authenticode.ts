/**
 * Takes the Authenticode signature off a Windows program (Microsoft, "PE Format"): that of the base no longer fits once
 * the program is inside, and signing tools warn about it. Afterwards `osslsigncode sign` or `signtool` can add another.
 */
const securityDirectory = 4;
const checksumAt = 64;

interface PeHeaders {
  /** Where the optional header begins. */
  readonly optionalAt: number;
  /** Where the entry of the security directory stands: file offset and size of the signature. */
  readonly securityAt: number;
}

/** Gives back the file without signature, and with the checksum of what is left. @throws Error when it is no PE32+ file */
export function withoutAuthenticode(file: Buffer): Buffer {
  const { optionalAt, securityAt } = headersOf(file);
  const [signatureAt, size] = [file.readUInt32LE(securityAt), file.readUInt32LE(securityAt + 4)];
  // It is data behind the image, at most followed by padding.
  if (size > 0 && signatureAt + size < file.length - 8)
    throw new Error('the signature is not the last part of the file');
  const bare = Buffer.from(size === 0 ? file : file.subarray(0, signatureAt));
  bare.writeUInt32LE(0, securityAt);
  bare.writeUInt32LE(0, securityAt + 4);
  bare.writeUInt32LE(0, optionalAt + checksumAt);
  bare.writeUInt32LE(peChecksum(bare), optionalAt + checksumAt);
  return bare;
}

/** Whether a signature is there, and the subsystem (3: console). */
export function peFacts(file: Buffer): {
  readonly signed: boolean;
  readonly subsystem: number;
  readonly machine: number;
} {
  const { optionalAt, securityAt } = headersOf(file);
  return {
    signed: file.readUInt32LE(securityAt + 4) > 0,
    subsystem: file.readUInt16LE(optionalAt + 68),
    machine: file.readUInt16LE(optionalAt - 20),
  };
}

function headersOf(file: Buffer): PeHeaders {
  const peAt = file.length > 64 && file.toString('latin1', 0, 2) === 'MZ' ? file.readUInt32LE(60) : file.length;
  if (peAt + 24 + 240 > file.length || file.readUInt32BE(peAt) !== 0x50450000) throw new Error('not a PE file');
  const optionalAt = peAt + 24;
  if (file.readUInt16LE(optionalAt) !== 0x20b) throw new Error('not a 64-bit PE file');
  return { optionalAt, securityAt: optionalAt + 112 + 8 * securityDirectory };
}

/** As ImageHlp's CheckSumMappedFile: 16-bit words added with end-around carry, then the length. */
function peChecksum(file: Buffer): number {
  let sum = 0;
  const even = file.length - (file.length % 2);
  for (let at = 0; at < even; at += 2) {
    sum += file.readUInt16LE(at);
    if (sum > 0xffff) sum -= 0xffff;
  }
  if (even < file.length) sum += file[even] ?? 0;
  if (sum > 0xffff) sum -= 0xffff;
  return sum + file.length;
}
