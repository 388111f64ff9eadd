import type { FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors, isResponseSerializationError } from 'fastify-type-provider-zod';
import { AppError, toAppError } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import type { Problem } from '../../wire/api/common.ts';

/** Answers any thrown thing as a `problem` body; what is a fault of ours is logged and told without its insides. */
export function createErrorHandler(log: Log) {
  const loggedAt = new Map<string, number>();
  /** What is tried again by itself (a full disk) comes with every request: a line a minute is enough. */
  const isDue = ({ code, retryable }: AppError, route: string): boolean => {
    const key = `${code} ${route}`;
    const now = performance.now();
    if (retryable && now - (loggedAt.get(key) ?? Number.NEGATIVE_INFINITY) < 60_000) return false;
    if (retryable) loggedAt.set(key, now);
    return true;
  };
  return (thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const error = asAppError(thrown);
    if (error.httpStatus >= 500 && isDue(error, request.routeOptions.url ?? '')) {
      const cause = error.cause instanceof Error ? error.cause.stack : undefined;
      log.error(error.message, { code: error.code, method: request.method, route: request.routeOptions.url, cause });
    }
    const retryAfter = error.details['retryAfterSeconds'];
    if (typeof retryAfter === 'number') void reply.header('retry-after', retryAfter);
    return reply
      .code(error.httpStatus)
      .header('cache-control', 'no-store')
      .type('application/json; charset=utf-8')
      .serializer((body) => JSON.stringify(body))
      .send(problemOf(error));
  };
}

/** What is told of an error to whoever asked; of a fault of ours nothing but that it is one. */
export function problemOf(error: AppError): Problem {
  const { code, hint, details } = error;
  const message = code === 'INTERNAL' ? 'the server failed at this; its log says why' : error.message;
  return { code, message, hint, ...(Object.keys(details).length > 0 ? { details } : {}) };
}

function asAppError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  if (hasZodFastifySchemaValidationErrors(thrown)) {
    const [first] = thrown.validation;
    const field = first?.instancePath.replace(/^\//, '').replaceAll('/', '.') ?? '';
    const message = `${field === '' ? 'the input' : field}: ${first?.message ?? 'not valid'}`;
    return new AppError('INPUT_INVALID', message, { cause: thrown, details: { field } });
  }
  if (isResponseSerializationError(thrown)) {
    return new AppError('INTERNAL', 'an answer does not fit its schema', { cause: thrown.cause });
  }
  return fromFastify(thrown);
}

function fromFastify(thrown: unknown): AppError {
  const code = codeOf(thrown);
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    return new AppError('BODY_TOO_LARGE', 'the body is larger than this address takes', { cause: thrown });
  }
  if (thrown instanceof Error && 'statusCode' in thrown && typeof thrown.statusCode === 'number') {
    if (thrown.statusCode >= 400 && thrown.statusCode < 500) {
      return new AppError('BODY_UNREADABLE', thrown.message, { cause: thrown });
    }
  }
  return toAppError(thrown);
}

function codeOf(thrown: unknown): unknown {
  return thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
}
