import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { AppError } from '../../runtime/errors.ts';

/**
 * One process per data directory: an exclusive transaction on a database of its own, which the kernel ends with the
 * process, kill -9 included.
 * @throws STORE_LOCKED naming the holder.
 */
export function lockStore(dataDir: string): Disposable {
  const holderFile = join(dataDir, 'lock.pid');
  const lock = new DatabaseSync(join(dataDir, 'lock.db'), { timeout: 0 });
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch (cause) {
    lock.close();
    throw new AppError(
      'STORE_LOCKED',
      `another leafward (${holder(holderFile)}) runs on the data directory ${dataDir}`,
      { cause },
    );
  }
  writeFileSync(holderFile, `${process.pid}\n`, { mode: 0o600 });
  return { [Symbol.dispose]: () => lock.close() };
}

function holder(path: string): string {
  try {
    return `process ${readFileSync(path, 'utf8').trim()}`;
  } catch {
    return 'process unknown';
  }
}
