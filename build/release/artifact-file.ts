import { createHash, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { type ArtifactHeader, encodeArtifactHead } from '../../src/wire/artifact.ts';
import { publicKeyOf } from '../../src/wire/minisign.ts';
import { deflatePart } from './deflate.ts';

export interface ArtifactInput {
  readonly header: Omit<ArtifactHeader, 'files' | 'keyId'>;
  /** The program first. */
  readonly files: readonly { readonly name: string; readonly path: string }[];
  /** Path of a file that may be written meanwhile. */
  readonly scratch: string;
  readonly privateKey: KeyObject | undefined;
}

/** The `.artifact` file (docs/formats/artifacts.md) of a platform. Compression runs beside this process. */
export async function makeArtifact({ header, files, scratch, privateKey }: ArtifactInput): Promise<Buffer> {
  const streams: Buffer[] = [];
  const described: ArtifactHeader['files'] = [];
  for (const { name, path } of files) {
    const stream = await deflatePart(path, scratch);
    streams.push(stream);
    const bytes = readFileSync(path);
    described.push({
      name,
      sizeBytes: bytes.length,
      crc32: crc32(bytes),
      sha256: sha256(bytes),
      deflatedBytes: stream.length,
      deflatedSha256: sha256(stream),
    });
  }
  const keyId = privateKey === undefined ? null : publicKeyOf(privateKey).id;
  return Buffer.concat([encodeArtifactHead({ ...header, keyId, files: described }, privateKey), ...streams]);
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
