import { existsSync, readdirSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { getAssetKeys, getRawAsset, isSea } from 'node:sea';
import { zstdDecompressSync } from 'node:zlib';
import { AppError } from './errors.ts';

/** Folders (by the first part of an asset's name) that development reads, from the top of the repository. */
const folders: Readonly<Record<string, string>> = { web: 'dist/web', packaging: 'packaging', LICENSE: 'LICENSE' };

/**
 * The bytes of a file that ships with the program: `web/index.html`, `web/assets/…` (pages), `packaging/…` (templates
 * of the agents' archives), `LICENSE`. The executable holds them; in development they are read from the folders.
 */
export async function asset(name: string): Promise<Uint8Array> {
  if (isSea()) {
    if (!getAssetKeys().includes(name)) throw absent(name);
    return inflatedAsset(name);
  }
  try {
    return await readFile(developmentPath(name));
  } catch (cause) {
    throw absent(name, cause);
  }
}

/** In development the folders change under the program. */
export function assetsChange(): boolean {
  return !isSea();
}

/**
 * An asset of the executable, which holds them compressed. Read when asked for: what is part of the program's text is memory
 * of every process.
 */
export function inflatedAsset(name: string): Buffer {
  // The raw asset is the executable itself in memory, which must not be written to; here it is only read.
  return zstdDecompressSync(new Uint8Array(getRawAsset(name)));
}

/** Names of all assets that begin with `prefix`, sorted. */
export function assetNames(prefix: string): string[] {
  const names = isSea() ? getAssetKeys() : namesInFolders();
  return names.filter((name) => name.startsWith(prefix)).sort();
}

function developmentPath(name: string): string {
  const [first = '', ...rest] = name.split('/');
  const folder = folders[first];
  if (folder === undefined || rest.includes('..')) throw absent(name);
  return join(root(), folder, ...rest);
}

function namesInFolders(): string[] {
  return Object.entries(folders).flatMap(([first, folder]) => {
    const path = join(root(), folder);
    if (!existsSync(path)) return [];
    if (statSync(path).isFile()) return [first];
    return readdirSync(path, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(first, entry.parentPath.slice(path.length), entry.name));
  });
}

function root(): string {
  return join(import.meta.dirname, '..', '..');
}

function absent(name: string, cause?: unknown): AppError {
  const hint = name.startsWith('web/') && !isSea() ? { hint: 'Run "make web" to build the pages.' } : {};
  return new AppError('NOT_FOUND', `there is no asset ${name}`, { cause, ...hint });
}
