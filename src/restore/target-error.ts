import { MongoError, MongoNetworkError, MongoParseError, MongoServerError, MongoServerSelectionError } from 'mongodb';
import { mongoError } from '../deployment/mongo-error.ts';
import { AppError, toAppError } from '../runtime/errors.ts';

/** Server errors that pass: elections, shutdowns, cut connections, a member that does not answer (mongod's error_codes.yml). */
const passing = new Set([6, 7, 89, 91, 112, 189, 262, 317, 358, 9001, 10107, 11600, 11602, 13435, 13436]);

/** The restore waits for some minutes before it says this. */
export const fullHint = 'The disk of the target is full. Make room there, and restore again with --drop.';

/** May the same command succeed on the target later by itself? */
export function isPassing(thrown: unknown): boolean {
  if (thrown instanceof AppError) return thrown.retryable;
  if (thrown instanceof MongoNetworkError || thrown instanceof MongoServerSelectionError) return true;
  if (thrown instanceof MongoServerError && typeof thrown.code === 'number' && passing.has(thrown.code)) return true;
  if (isSocketError(thrown)) return true;
  // Somebody may make room while the restore waits.
  if (thrown instanceof MongoServerError && isDiskFull(thrown.message)) return true;
  return thrown instanceof MongoError && passingLabels.some((label) => thrown.hasErrorLabel(label));
}

/** What a mongod says whose disk is full, where it does not die at once; it has many codes for it. */
export function isDiskFull(message: string): boolean {
  return /no space left on device|out of disk space/i.test(message);
}

/** The two last: a transaction that is over, or may be. Whatever is tried again looks at what is there. */
const passingLabels = ['RetryableWriteError', 'TransientTransactionError', 'UnknownTransactionCommitResult'];

const socketErrors = new Set([
  'EPIPE',
  'ECONNRESET',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

/** A write to a socket that was cut a moment before comes out of the driver as Node's own error. */
function isSocketError(thrown: unknown): boolean {
  if (!(thrown instanceof Error) || !('code' in thrown)) return false;
  return typeof thrown.code === 'string' && (socketErrors.has(thrown.code) || thrown.code.startsWith('ERR_STREAM_'));
}

/** What the target answered or did not, in the words of docs/errors.md; `retryable` as `isPassing` says. */
export function targetError(thrown: unknown, host: string): AppError {
  const known = thrown instanceof MongoError || isSocketError(thrown);
  if (!known || thrown instanceof MongoParseError) return toAppError(thrown);
  const retryable = isPassing(thrown);
  const told = mongoError(thrown, host);
  if (thrown instanceof MongoServerError && told.code === 'MONGODB_UNREACHABLE') {
    return new AppError('TARGET_REFUSED', `${host}: ${thrown.message}`, {
      cause: thrown,
      retryable,
      hint: isDiskFull(thrown.message) ? fullHint : 'See the log of that mongod.',
      details: { code: thrown.code },
    });
  }
  if (told.code === 'MONGODB_PRIVILEGE_MISSING') {
    // The server repeats the whole command.
    const message = told.message.replace(/execute command \{ (\w+): ([^,]+),.*$/s, '$1 $2');
    return new AppError(told.code, message, {
      cause: thrown,
      hint: 'The user of --to needs the roles restore and readWriteAnyDatabase on admin (docs/restore.md).',
    });
  }
  return new AppError(told.code, told.message, { cause: thrown, retryable, hint: told.hint, details: told.details });
}

/** The reason in the server's own words, for reports. */
export function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
