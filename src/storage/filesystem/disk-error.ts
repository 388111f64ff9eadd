import { AppError } from '../../runtime/errors.ts';

const full = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** What the file system refused, as the error that an operator can act on. */
export function diskError(thrown: unknown, path: string): AppError {
  if (thrown instanceof AppError) return thrown;
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
  if (full.has(code)) {
    return new AppError('STORE_FULL', `the disk of the backup store is full (${code}): ${path}`, {
      cause: thrown,
      retryable: true,
    });
  }
  if (code === 'EIO') {
    return new AppError('STORE_CORRUPT', `the disk reports an error (EIO): ${path}`, {
      cause: thrown,
      hint: 'Look at the log of the kernel; the disk may be failing. What was acknowledged was written before.',
    });
  }
  const why = thrown instanceof Error ? thrown.message : String(thrown);
  return new AppError('INTERNAL', `${path}: ${why}`, {
    cause: thrown,
    hint: 'Check the owner and the mode of the backup folder.',
  });
}
