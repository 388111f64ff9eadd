import type { FastifySchemaCompiler } from 'fastify';
import { validatorCompiler } from 'fastify-type-provider-zod';
import type { z } from 'zod';
import { AppError } from '../../runtime/errors.ts';

/**
 * Checks what comes in against the route's schemas. A query's numbers come as text, and an empty one would be 0: `?from=` asks
 * for nothing and is refused.
 */
export const compileValidator: FastifySchemaCompiler<z.ZodType> = (route) => {
  const check = validatorCompiler(route);
  if (route.httpPart !== 'querystring') return check;
  return (given: unknown) => {
    const checked = check(given);
    const field = isRecord(checked) ? blankNumber(given, checked['value']) : undefined;
    if (field === undefined) return checked;
    return { error: new AppError('INPUT_INVALID', `${field}: a number is wanted`, { details: { field } }) };
  };
};

function blankNumber(given: unknown, taken: unknown): string | undefined {
  if (!isRecord(given) || !isRecord(taken)) return undefined;
  return Object.keys(given).find((name) => {
    const text = given[name];
    return typeof text === 'string' && text.trim() === '' && typeof taken[name] === 'number';
  });
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
