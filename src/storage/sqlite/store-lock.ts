import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { AppError } from '../../runtime/errors.ts';
import { openError } from './sql-error.ts';

/**
 * One process per data directory: an exclusive transaction on a database of its own, which the kernel ends with the
 * process, kill -9 included.
 * @throws STORE_LOCKED naming the holder, STORE_FULL.
 */
export function lockStore(dataDir: string): Disposable {
  const holderFile = join(dataDir, 'lock.pid');
  const lock = new DatabaseSync(join(dataDir, 'lock.db'), { timeout: 0 });
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    lock.close();
    const failure = openError(cause, dataDir);
    if (failure !== undefined) throw failure;
    throw new AppError(
      'STORE_LOCKED',
      `another leafward (${holder(holderFile)}) runs on the data directory ${dataDir}`,
      { cause },
    );
  }
  noteHolder(holderFile);
  return { [Symbol.dispose]: () => void (lock.isOpen && lock.close()) };
}

/** The id is there for people; the lock holds without it, on a full disk too. */
function noteHolder(path: string): void {
  try {
    writeFileSync(path, `${process.pid}\n`, { mode: 0o600 });
  } catch {
    rmSync(path, { force: true });
  }
}

function holder(path: string): string {
  try {
    return `process ${readFileSync(path, 'utf8').trim() || 'unknown'}`;
  } catch {
    return 'process unknown';
  }
}
