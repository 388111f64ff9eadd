import { type ErrorCode, errorKinds } from './error-codes.ts';
import { AppError, toAppError } from './errors.ts';

/** An error as it crosses from one thread to another. */
export interface PlainError {
  readonly code: string;
  readonly message: string;
  readonly retryable: boolean;
  readonly hint: string;
  readonly details: Readonly<Record<string, unknown>>;
  readonly stack: string | undefined;
}

export function plainError(thrown: unknown): PlainError {
  const { code, message, retryable, hint, details, stack } = toAppError(thrown);
  return { code, message, retryable, hint, details, stack };
}

/** `where`: the thread that it comes from, for what nobody foresaw. */
export function errorOf({ code, message, retryable, hint, details, stack }: PlainError, where: string): AppError {
  const known: ErrorCode = isErrorCode(code) ? code : 'INTERNAL';
  const cause = known === 'INTERNAL' && stack !== undefined ? new Error(`in ${where}: ${stack}`) : undefined;
  return new AppError(known, message, { retryable, hint, details, cause });
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorKinds, code);
}
