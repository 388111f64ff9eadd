import type { Problem } from '../wire/api/common.ts';

const deadlineMs = 20_000;

/** What went wrong in words for a person, and the next step. `status` 0: no answer came. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly hint: string;
  readonly field: string | null;

  constructor(status: number, problem: Problem) {
    super(sentence(problem.message));
    this.name = 'ApiError';
    this.status = status;
    this.code = problem.code;
    this.hint = problem.hint;
    const field = problem.details?.['field'];
    this.field = typeof field === 'string' ? field : null;
  }
}

let csrf = '';
let onSignedOut: () => void = () => {};

/** The token that changes must carry; from every session answer. */
export function setCsrf(token: string): void {
  csrf = token;
}

/** Called when an answer says that the session is over. */
export function whenSignedOut(listener: () => void): void {
  onSignedOut = listener;
}

/** Reads `/api/v1` + path. Tried three times while the server does not answer or is overloaded; rejects with ApiError. */
export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call<T>('GET', path, undefined, signal);
    } catch (error) {
      const again = error instanceof ApiError && (error.status === 0 || error.status >= 502) && attempt < 3;
      if (!again || signal?.aborted === true) throw error;
      await new Promise((done) => setTimeout(done, 300 * attempt));
    }
  }
}

export type Method = 'POST' | 'PUT' | 'PATCH' | 'DELETE';

let changes = 0;

/** How often this page has asked to change something: what was read before the last time may be old. */
export function changesSent(): number {
  return changes;
}

/** Changes something; never repeated by itself. */
export function send<T>(method: Method, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  changes++;
  return call<T>(method, path, body, signal);
}

async function call<T>(method: string, path: string, body: unknown, signal: AbortSignal | undefined): Promise<T> {
  const headers: Record<string, string> = { accept: 'application/json' };
  if (method !== 'GET') headers['leafward-csrf'] = csrf;
  if (body !== undefined) headers['content-type'] = 'application/json';
  const deadline = AbortSignal.timeout(deadlineMs);
  let response: Response;
  let text: string;
  try {
    response = await fetch(`/api/v1${path}`, {
      method,
      headers,
      credentials: 'same-origin',
      signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    text = await response.text();
  } catch (cause) {
    if (signal?.aborted === true) throw cause;
    const message = deadline.aborted
      ? `The server did not answer within ${deadlineMs / 1000} s`
      : 'The server cannot be reached';
    throw new ApiError(0, {
      code: 'SERVER_UNREACHABLE',
      message,
      hint: 'Check that leafward server runs and that the network is up.',
    });
  }
  if (response.ok) return (text === '' ? null : JSON.parse(text)) as T;
  if (response.status === 401 && path !== '/session' && !path.startsWith('/session/')) onSignedOut();
  throw new ApiError(response.status, problemOf(text, response.status));
}

function problemOf(text: string, status: number): Problem {
  try {
    const found: unknown = JSON.parse(text);
    if (typeof found === 'object' && found !== null && 'message' in found && 'code' in found) {
      const hint = 'hint' in found ? String(found.hint) : '';
      const details =
        'details' in found && typeof found.details === 'object' ? (found.details as Record<string, unknown>) : {};
      return { code: String(found.code), message: String(found.message), hint, details };
    }
  } catch {
    // not ours: a proxy answered
  }
  return {
    code: 'UNEXPECTED_ANSWER',
    message: `Something between this page and the server answered with status ${status}`,
    hint: 'Look at the proxy in front of leafward server.',
  };
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Any thrown thing as an ApiError. */
export function toApiError(thrown: unknown): ApiError {
  if (thrown instanceof ApiError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new ApiError(0, { code: 'INTERNAL', message, hint: 'Load the page again.' });
}
