import { AppError } from '../../runtime/errors.ts';
import type { ThreadError } from './thread-messages.ts';

/** SQLite's primary result codes that mean something to an operator (sqlite3.h). */
const full = 13;
const ioError = 10;
const corrupt = new Set([11, 26]);
const constraint = 19;
const busy = new Set([5, 6]);

export function sqlError(error: ThreadError): AppError {
  const primary = error.errcode & 0xff;
  if (primary === full || (primary === ioError && /full|no space/i.test(error.message))) {
    return new AppError('STORE_FULL', `the disk of the server's data directory is full: ${error.message}`, {
      retryable: true,
    });
  }
  if (corrupt.has(primary)) return new AppError('STORE_CORRUPT', `the store is damaged: ${error.message}`);
  if (primary === constraint) return new AppError('CONFLICT', `it exists already or is in use: ${error.message}`);
  return new AppError('INTERNAL', `the store refused a statement: ${error.message}`);
}

/** Why a database of the data directory cannot be opened, where SQLite says so; undefined when another process holds it. */
export function openError(thrown: unknown, dataDir: string): AppError | undefined {
  if (!(thrown instanceof Error) || !('errcode' in thrown) || typeof thrown.errcode !== 'number') return undefined;
  const { message, errcode } = thrown;
  if (busy.has(errcode & 0xff)) return undefined;
  const { code } = sqlError({ message, errcode });
  if (code !== 'STORE_FULL') return sqlError({ message, errcode });
  return new AppError('STORE_FULL', `the disk of the data directory ${dataDir} is full`, {
    cause: thrown,
    retryable: true,
    hint: 'Free disk space there, then start again: what was stored is kept.',
  });
}
