import { createHash, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { constants, crc32, deflateRaw } from 'node:zlib';
import { type ArtifactHeader, encodeArtifactHead } from '../../src/wire/artifact.ts';
import { publicKeyOf } from '../../src/wire/minisign.ts';

const deflate = promisify(deflateRaw);

export interface ArtifactInput {
  readonly header: Omit<ArtifactHeader, 'files' | 'keyId'>;
  /** The program first. */
  readonly files: readonly { readonly name: string; readonly bytes: Buffer }[];
  readonly privateKey: KeyObject | undefined;
}

/** The `.artifact` file (docs/formats/artifacts.md) of a platform. Compression runs on zlib's own threads. */
export async function makeArtifact({ header, files, privateKey }: ArtifactInput): Promise<Buffer> {
  const streams = await Promise.all(
    files.map(({ bytes }) => deflate(bytes, { level: 6, finishFlush: constants.Z_FULL_FLUSH })),
  );
  const described = files.map(({ name, bytes }, index) => {
    const stream = streams[index] ?? Buffer.alloc(0);
    return {
      name,
      sizeBytes: bytes.length,
      crc32: crc32(bytes),
      sha256: sha256(bytes),
      deflatedBytes: stream.length,
      deflatedSha256: sha256(stream),
    };
  });
  const keyId = privateKey === undefined ? null : publicKeyOf(privateKey).id;
  return Buffer.concat([encodeArtifactHead({ ...header, keyId, files: described }, privateKey), ...streams]);
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
