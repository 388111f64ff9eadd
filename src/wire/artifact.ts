import { type KeyObject, sign, verify } from 'node:crypto';
import { z } from 'zod';
import { AppError } from '../runtime/errors.ts';

/** "LWA", version 1. docs/formats/artifacts.md describes the file. */
const magic = Buffer.from([0x4c, 0x57, 0x41, 1]);
const fixedBytes = 8;
const signatureBytes = 64;
const maxHeaderBytes = 65_536;
/** Enough to read any head at once. */
export const maxArtifactHeadBytes = fixedBytes + maxHeaderBytes + signatureBytes;

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const size = z.int().nonnegative();

export type ArtifactOs = 'linux' | 'darwin' | 'win';

export interface ArtifactTarget {
  readonly os: ArtifactOs;
  readonly arch: 'x64' | 'arm64';
}

const artifactFile = z.object({
  /** Ends up in archives and on disks: no path. */
  name: z.string().regex(/^leafward(-service)?(\.exe)?$/),
  sizeBytes: size,
  crc32: z.int().min(0).max(0xffff_ffff),
  sha256,
  deflatedBytes: size,
  deflatedSha256: sha256,
});

const artifactHeader = z
  .object({
    name: z.string(),
    version: z.string().regex(/^[0-9A-Za-z][0-9A-Za-z.+-]{0,63}$/),
    commit: z.string().max(64),
    os: z.enum(['linux', 'darwin', 'win']),
    arch: z.enum(['x64', 'arm64']),
    experimental: z.boolean(),
    modifiedAtSeconds: size,
    keyId: z
      .string()
      .regex(/^[0-9A-F]{16}$/)
      .nullable(),
    files: z.array(artifactFile).min(1).max(8),
  })
  .refine(
    ({ name, version, os, arch }) => name === artifactName({ version, os, arch }),
    'name is not that of its parts',
  )
  .refine(({ os, files }) => files[0]?.name === programName(os), 'the first file is not the program');

export type ArtifactHeader = z.infer<typeof artifactHeader>;

export interface ArtifactHead {
  readonly header: ArtifactHeader;
  /** Where the stream of each of `header.files` begins in the artifact. */
  readonly offsets: readonly number[];
  /** Size of the whole artifact. */
  readonly totalBytes: number;
  readonly signed: Uint8Array;
  readonly signature: Uint8Array;
}

/** `leafward-0.1.0-linux-x64`. */
export function artifactName({ version, os, arch }: ArtifactTarget & { readonly version: string }): string {
  return `leafward-${version}-${os}-${arch}`;
}

/** What the program is called inside of archives and on a machine. */
export function programName(os: ArtifactOs): string {
  return os === 'win' ? 'leafward.exe' : 'leafward';
}

/** Everything before the streams, signed when a private key (Ed25519) is given; `header.keyId` must be that key's. */
export function encodeArtifactHead(header: ArtifactHeader, privateKey: KeyObject | undefined): Buffer {
  const json = Buffer.from(JSON.stringify(artifactHeader.parse(header)));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(json.length);
  const signed = Buffer.concat([magic, length, json]);
  return Buffer.concat([
    signed,
    privateKey === undefined ? Buffer.alloc(signatureBytes) : sign(null, signed, privateKey),
  ]);
}

/**
 * Reads the head from the first bytes of an artifact (`maxArtifactHeadBytes` of them, or all there are). It does not look at
 * the signature: `verifyArtifactHead` does. @throws INPUT_INVALID when these are not the bytes of an artifact.
 */
export function decodeArtifactHead(start: Buffer): ArtifactHead {
  if (start.length < fixedBytes || !start.subarray(0, 3).equals(magic.subarray(0, 3))) {
    throw invalid(
      'this is not an artifact of Leafward',
      'An artifact is a file named leafward-VERSION-OS-ARCH.artifact.',
    );
  }
  if (start[3] !== magic[3]) throw invalid(`the artifact has version ${start[3]} of the format, known is 1`);
  const headerBytes = start.readUInt32LE(4);
  const streamsAt = fixedBytes + headerBytes + signatureBytes;
  if (headerBytes > maxHeaderBytes || start.length < streamsAt) throw invalid('the head of the artifact is cut off');
  const header = parseHeader(start.subarray(fixedBytes, fixedBytes + headerBytes));
  const offsets: number[] = [];
  let totalBytes = streamsAt;
  for (const { deflatedBytes } of header.files) {
    offsets.push(totalBytes);
    totalBytes += deflatedBytes;
  }
  return {
    header,
    offsets,
    totalBytes,
    signed: start.subarray(0, fixedBytes + headerBytes),
    signature: start.subarray(fixedBytes + headerBytes, streamsAt),
  };
}

/** Whether the head is signed by one of these keys (`src/wire/minisign.ts` reads them). */
export function verifyArtifactHead(head: ArtifactHead, keys: ReadonlyMap<string, KeyObject>): boolean {
  const key = head.header.keyId === null ? undefined : keys.get(head.header.keyId);
  return key !== undefined && verify(null, head.signed, key, head.signature);
}

function parseHeader(json: Buffer): ArtifactHeader {
  let value: unknown;
  try {
    value = JSON.parse(json.toString());
  } catch (cause) {
    throw invalid('the header of the artifact is not JSON', undefined, cause);
  }
  const parsed = artifactHeader.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw invalid(`the header of the artifact is not valid: ${issue?.path.join('.')} ${issue?.message}`);
}

function invalid(
  message: string,
  hint = 'Fetch the file again and compare it with SHA256SUMS.',
  cause?: unknown,
): AppError {
  return new AppError('INPUT_INVALID', message, { hint, cause });
}
