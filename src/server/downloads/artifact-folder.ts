import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { DownloadTarget } from '../../wire/api/downloads.ts';
import { type ArtifactFile, artifactEnding, checkStreams, readArtifact } from './artifact-file.ts';
import { targetOf } from './target.ts';

export interface FoundArtifact {
  readonly path: string;
  /** Absent when the file cannot be read as an artifact; `problem` says why. */
  readonly file?: ArtifactFile;
  readonly problem?: string;
}

/** Filled by the package leafward-artifacts. */
export const systemArtifacts = '/usr/share/leafward/artifacts';

export function artifactFolders(dataDir: string): string[] {
  const own = join(dataDir, 'artifacts');
  return process.platform === 'win32' ? [own] : [own, systemArtifacts];
}

/** Artifacts in folders that others fill: each look lists the folders, and reads a file again only when it has changed. */
export class ArtifactFolders {
  readonly #folders: readonly string[];
  #heads = new Map<string, FoundArtifact>();
  readonly #checked = new Map<string, Promise<void>>();

  constructor(folders: readonly string[]) {
    this.#folders = folders;
  }

  /** By folder, then by name. */
  async list(): Promise<readonly FoundArtifact[]> {
    const heads = new Map<string, FoundArtifact>();
    for (const folder of this.#folders) {
      for (const name of await namesIn(folder)) {
        const path = join(folder, name);
        const identity = await identityOf(path);
        if (identity !== undefined) heads.set(identity, this.#heads.get(identity) ?? (await found(path)));
      }
    }
    this.#heads = heads;
    for (const identity of this.#checked.keys()) if (!heads.has(identity)) this.#checked.delete(identity);
    return [...heads.values()];
  }

  /** The artifact of a platform in this version, whose streams were compared with their hashes once. @throws INPUT_INVALID */
  async get(target: DownloadTarget, version: string, signal: AbortSignal): Promise<ArtifactFile | undefined> {
    await this.list();
    for (const [identity, { file }] of this.#heads) {
      if (file === undefined || file.head.header.version !== version || targetOf(file.head.header) !== target) continue;
      await this.#check(identity, file, signal);
      return file;
    }
    return undefined;
  }

  /** Compares streams with their hashes before somebody waits for it, one artifact after the other. */
  async prepare(version: string, signal: AbortSignal): Promise<void> {
    await this.list();
    for (const [identity, { file }] of this.#heads) {
      if (file?.head.header.version !== version) continue;
      // Who asks for it is told.
      await this.#check(identity, file, signal).catch(() => {});
      signal.throwIfAborted();
    }
  }

  #check(identity: string, file: ArtifactFile, signal: AbortSignal): Promise<void> {
    const known = this.#checked.get(identity);
    if (known !== undefined) return known;
    const checking = checkStreams(file, signal);
    this.#checked.set(identity, checking);
    // What failed is looked at again: a disk may have been slow, not wrong.
    checking.catch(() => this.#checked.delete(identity));
    return checking;
  }
}

async function found(path: string): Promise<FoundArtifact> {
  try {
    return { path, file: await readArtifact(path) };
  } catch (thrown) {
    return { path, problem: thrown instanceof Error ? thrown.message : String(thrown) };
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => name.endsWith(artifactEnding)).sort();
  } catch {
    // Most servers have none.
    return [];
  }
}

async function identityOf(path: string): Promise<string | undefined> {
  try {
    const { ino, size, mtimeMs } = await stat(path);
    return `${path} ${ino} ${size} ${mtimeMs}`;
  } catch {
    return undefined;
  }
}
