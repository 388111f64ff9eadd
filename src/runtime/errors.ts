import { type ErrorCode, errorKinds } from './error-codes.ts';

interface ErrorOptions {
  readonly cause?: unknown;
  /** May the same call succeed later with nothing changed by a person? Default false. */
  readonly retryable?: boolean;
  /** Overrides the hint of the table when this place knows a better next step. */
  readonly hint?: string;
  /** Facts for scripts, never secrets: field, file, line, host. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** An error that is told to a person: what happened (message), which kind (code), what to do next (hint). */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly hint: string;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.hint = options.hint ?? errorKinds[code].hint;
    this.details = options.details ?? {};
  }

  get exitStatus(): number {
    return errorKinds[this.code].exit;
  }

  get httpStatus(): number {
    return errorKinds[this.code].http;
  }
}

/** Any thrown thing as an AppError; unknown ones become INTERNAL with the cause kept. */
export function toAppError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new AppError('INTERNAL', message, { cause: thrown });
}

/** For the default branch of an exhaustive switch. */
export function unreachable(value: never): never {
  throw new AppError('INTERNAL', `unexpected value ${JSON.stringify(value)}`);
}
