import { type FileHandle, open, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';

export interface OpenFile {
  readonly handle: FileHandle;
  readonly bytes: number;
  readonly modified: Date;
}

/**
 * Opens a file below `root` by the path of an address, its parts decoded. Undefined for whatever is not a plain file there:
 * parts that climb or hide, links that lead out of the folder, folders. The caller closes the handle.
 */
export async function openBelow(root: string, path: string): Promise<OpenFile | undefined> {
  const parts = path.split('/');
  if (parts.some((part) => part === '' || part.startsWith('.') || /[\0\\]/.test(part))) return undefined;
  let handle: FileHandle | undefined;
  try {
    const real = await realpath(join(root, ...parts));
    if (!real.startsWith((await realpath(root)) + sep)) return undefined;
    handle = await open(real, 'r');
    const { size, mtime, isFile } = await statOf(handle);
    if (isFile) return { handle, bytes: size, modified: mtime };
  } catch (thrown) {
    await handle?.close();
    if (isAbsent(thrown)) return undefined;
    throw thrown;
  }
  await handle.close();
  return undefined;
}

async function statOf(handle: FileHandle): Promise<{ size: number; mtime: Date; isFile: boolean }> {
  const found = await handle.stat();
  return { size: found.size, mtime: found.mtime, isFile: found.isFile() };
}

function isAbsent(thrown: unknown): boolean {
  if (!(thrown instanceof Error && 'code' in thrown)) return false;
  return ['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG', 'EISDIR'].includes(String(thrown.code));
}
