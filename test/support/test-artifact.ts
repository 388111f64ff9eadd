import { createHash, type KeyObject, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { constants, crc32, deflateRawSync } from 'node:zlib';
import { buildInfo } from '../../src/runtime/build-info.ts';
import type { DownloadTarget } from '../../src/wire/api/downloads.ts';
import { type ArtifactTarget, artifactName, encodeArtifactHead, programName } from '../../src/wire/artifact.ts';
import { publicKeyOf } from '../../src/wire/minisign.ts';
import type { TempDir } from './temp-dir.ts';

export interface TestArtifact {
  readonly path: string;
  readonly files: ReadonlyMap<string, Buffer>;
}

interface Wanted {
  readonly key?: KeyObject;
  readonly version?: string;
  /** Default: what is neither compressible nor not. */
  readonly program?: Buffer;
}

/** An artifact as a release has it, with small programs; for Windows the service helper is in it too. */
export function testArtifact(folder: TempDir, target: DownloadTarget, wanted: Wanted = {}): TestArtifact {
  const { version = buildInfo.version, key, program } = wanted;
  const [os, arch] = target.split('-') as [ArtifactTarget['os'], ArtifactTarget['arch']];
  const names = os === 'win' ? ['leafward.exe', 'leafward-service.exe'] : [programName(os)];
  const some = (): Buffer => Buffer.concat([randomBytes(100_000), Buffer.alloc(50_001)]);
  const files = new Map(names.map((name) => [name, program ?? some()]));
  const name = artifactName({ version, os, arch });
  const streams = [...files.values()].map((bytes) => deflateRawSync(bytes, { finishFlush: constants.Z_FULL_FLUSH }));
  const entries = [...files].map(([fileName, bytes], index) => {
    const stream = streams[index] ?? Buffer.alloc(0);
    return {
      name: fileName,
      sizeBytes: bytes.length,
      crc32: crc32(bytes),
      sha256: sha256(bytes),
      deflatedBytes: stream.length,
      deflatedSha256: sha256(stream),
    };
  });
  const keyId = key === undefined ? null : publicKeyOf(key).id;
  const facts = { name, version, commit: 'abc', os, arch, experimental: false, modifiedAtSeconds: 1_795_284_000 };
  const head = encodeArtifactHead({ ...facts, keyId, files: entries }, key);
  const path = folder.file(`${name}.artifact`);
  writeFileSync(path, Buffer.concat([head, ...streams]));
  return { path, files };
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
