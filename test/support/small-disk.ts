import { execFileSync } from 'node:child_process';
import { closeSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { tempDir } from './temp-dir.ts';

export interface SmallDisk extends AsyncDisposable {
  /** Where it is mounted. */
  readonly path: string;
  file(name: string): string;
  /** Takes every byte that is free. */
  fill(): void;
  /** Gives back what `fill` took. */
  free(): void;
  /** Makes it larger. */
  grow(mebibytes: number): void;
}

/** A file system of its own (tmpfs) that can really be full; it is unmounted with the scope. Needs the right to mount. */
export function smallDisk(mebibytes: number): SmallDisk {
  const folder = tempDir('disk');
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m,mode=700`, 'tmpfs', folder.path], { stdio: 'pipe' });
  const filler = join(folder.path, 'filler');
  const unmount = (): void => void execFileSync('umount', ['--lazy', folder.path], { stdio: 'pipe' });
  process.once('exit', unmount);
  return {
    path: folder.path,
    file: folder.file,
    fill: () => takeAll(filler),
    free: () => rmSync(filler, { force: true }),
    grow: (more) => void execFileSync('mount', ['-o', `remount,size=${more}m`, folder.path], { stdio: 'pipe' }),
    async [Symbol.asyncDispose]() {
      process.off('exit', unmount);
      unmount();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** Why no small disk can be made here; undefined where it can. */
export function whyNoSmallDisk(): string | undefined {
  if (process.platform !== 'linux') return 'a disk of a given size is made with tmpfs, which only Linux has';
  const folder = tempDir('disk');
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder.path], { stdio: 'pipe' });
    execFileSync('umount', [folder.path], { stdio: 'pipe' });
    return undefined;
  } catch (thrown) {
    return `tmpfs cannot be mounted here (it takes root): ${String(thrown).split('\n').at(1) ?? ''}`;
  } finally {
    rmSync(folder.path, { recursive: true, force: true });
  }
}

/** In pieces that grow smaller, down to the last byte. */
function takeAll(path: string): void {
  const file = openSync(path, 'a');
  try {
    for (let size = 2 ** 20; size >= 1; ) {
      try {
        if (writeSync(file, Buffer.alloc(size, 7)) < size) size = Math.floor(size / 2);
      } catch (thrown) {
        if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOSPC')) throw thrown;
        size = Math.floor(size / 2);
      }
    }
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
