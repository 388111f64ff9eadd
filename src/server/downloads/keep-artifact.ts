import type { KeyObject } from 'node:crypto';
import { constants, existsSync } from 'node:fs';
import { chmod, chown, copyFile, mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../runtime/errors.ts';
import { type ArtifactHead, verifyArtifactHead } from '../../wire/artifact.ts';
import { type ArtifactFile, artifactEnding, checkStreams, readArtifact, sha256Of } from './artifact-file.ts';

/** Whose artifacts are taken: those signed by one of the keys, or the one file with this SHA-256. */
export interface ArtifactTrust {
  readonly keys: ReadonlyMap<string, KeyObject>;
  readonly sha256: string | undefined;
}

/**
 * Checks an artifact whole (signature or hash, then every stream) and copies it to where the server looks; the server sees it
 * at its next look. Gives back the head. @throws INPUT_INVALID, NOT_FOUND, ARTIFACT_UNTRUSTED
 */
export async function addArtifact(
  path: string,
  folder: string,
  trust: ArtifactTrust,
  signal: AbortSignal,
): Promise<ArtifactHead> {
  const file = await readArtifact(path);
  await checkTrust(file, trust, signal);
  await checkStreams(file, signal);
  await keep(path, folder, `${file.head.header.name}${artifactEnding}`);
  return file.head;
}

/** By its name, with or without the ending. @throws NOT_FOUND */
export async function removeArtifact(name: string, folder: string): Promise<void> {
  const fileName = name.endsWith(artifactEnding) ? name : `${name}${artifactEnding}`;
  const path = join(folder, fileName);
  if (fileName.includes('/') || fileName.includes('\\') || !existsSync(path)) {
    throw new AppError('NOT_FOUND', `there is no artifact ${name} in ${folder}`, {
      hint: '"leafward admin artifacts list" shows what is there; what a package brought goes with the package.',
    });
  }
  await rm(path);
}

async function checkTrust({ path, head }: ArtifactFile, trust: ArtifactTrust, signal: AbortSignal): Promise<void> {
  if (trust.sha256 !== undefined) {
    if ((await sha256Of(path, signal)) === trust.sha256.toLowerCase()) return;
    throw new AppError('ARTIFACT_UNTRUSTED', `${path} has another SHA-256 than the one that was given`, {
      hint: 'Fetch the file again; if it stays different, do not use it.',
    });
  }
  if (verifyArtifactHead(head, trust.keys)) return;
  const { keyId } = head.header;
  const reason =
    keyId === null
      ? 'it is not signed'
      : trust.keys.has(keyId)
        ? `its signature by the key ${keyId} is wrong`
        : `it is signed by the key ${keyId}, which is not trusted here`;
  throw new AppError('ARTIFACT_UNTRUSTED', `${path} is not taken: ${reason}`, { details: { keyId } });
}

/** Under another name first: the server never sees half of it. It belongs to whom the folder above belongs, also when root adds it. */
async function keep(path: string, folder: string, name: string): Promise<void> {
  const target = join(folder, name);
  const temporary = `${target}.${process.pid}.tmp`;
  const owner = await ownerOf(join(folder, '..'));
  try {
    const made = await mkdir(folder, { recursive: true, mode: 0o700 });
    if (made !== undefined) await giveTo(folder, owner);
    await copyFile(path, temporary, constants.COPYFILE_FICLONE);
    await chmod(temporary, 0o600);
    await giveTo(temporary, owner);
    await rename(temporary, target);
  } catch (cause) {
    await rm(temporary, { force: true });
    const full = cause instanceof Error && 'code' in cause && cause.code === 'ENOSPC';
    throw new AppError(full ? 'STORE_FULL' : 'NOT_FOUND', `cannot write to ${folder}: ${String(cause)}`, {
      cause,
      hint: "Run it as the server's user, and name the server's data directory: --data-dir DIR.",
    });
  }
}

async function ownerOf(folder: string): Promise<{ uid: number; gid: number } | undefined> {
  try {
    const { uid, gid } = await stat(folder);
    return { uid, gid };
  } catch (cause) {
    throw new AppError('NOT_FOUND', `there is no data directory ${folder}`, {
      cause,
      hint: "Name the server's data directory: --data-dir DIR.",
    });
  }
}

async function giveTo(path: string, owner: { uid: number; gid: number } | undefined): Promise<void> {
  if (process.getuid?.() === 0 && owner !== undefined) await chown(path, owner.uid, owner.gid);
}
