import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TempDir extends AsyncDisposable {
  readonly path: string;
  /** A path inside it. */
  file(name: string): string;
}

const open = new Set<string>();
process.on('exit', () => {
  for (const path of open) removeAtLast(path);
});

/** A folder of its own, gone when the scope ends (`await using`) or, at the latest, with this process. */
export function tempDir(label = 'test'): TempDir {
  const path = mkdtempSync(join(scratchRoot(), `leafward-${label}-`));
  open.add(path);
  return {
    path,
    file: (name) => join(path, name),
    async [Symbol.asyncDispose]() {
      await rm(path, { recursive: true, force: true, maxRetries: 5 });
      open.delete(path);
    },
  };
}

/** Whoever may still write there was killed a moment ago; what cannot be removed is no failure of a test. */
export function removeAtLast(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true, maxRetries: 5 });
  } catch {
    // it stays in the folder for temporary files
  }
}

/** The runner names a folder that it removes after the run, so that even a killed test file leaves nothing behind. */
function scratchRoot(): string {
  const given = process.env['LEAFWARD_TEST_SCRATCH'];
  return given !== undefined && existsSync(given) ? given : tmpdir();
}
