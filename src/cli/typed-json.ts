import { readFileSync } from 'node:fs';
import { AppError } from '../runtime/errors.ts';

/** An `_id` as it was typed: Extended JSON, or what is no JSON as a string: `42`, `{"$oid": …}`, `alice`. */
export function idOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return /^[0-9a-f]{24}$/.test(text) ? { $oid: text } : text;
  }
}

/** `@file` reads it from a file. @throws USAGE */
export function jsonOf(text: string, what: string): unknown {
  try {
    return JSON.parse(text.startsWith('@') ? readFileSync(text.slice(1), 'utf8') : text);
  } catch (cause) {
    throw new AppError('USAGE', `${what} is no JSON: ${cause instanceof Error ? cause.message : ''}`, { cause });
  }
}
