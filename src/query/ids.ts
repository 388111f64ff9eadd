import { serialize } from 'bson';
import { documentKey } from '../blocks/document-key.ts';
import { isPlainObject } from './operators.ts';

const mostIds = 1000;

/** The key of a document with this `_id`. */
export function keyOfId(id: unknown): Buffer {
  return documentKey(Buffer.from(serialize({ _id: id }, { ignoreUndefined: false })));
}

/** The keys of these `_id`s, each once, in order. */
export function keysOfIds(ids: readonly unknown[]): Buffer[] {
  const keys = new Map(ids.map((id) => keyOfId(id)).map((key) => [key.toString('latin1'), key]));
  return [...keys.values()].toSorted(Buffer.compare);
}

/** `_id`s that a filter's condition names one by one; undefined: it says something else. */
export function idsOf(condition: unknown): readonly unknown[] | undefined {
  if (condition === undefined || condition === null) return undefined;
  if (!isPlainObject(condition)) return isRegex(condition) ? undefined : [condition];
  const names = Object.keys(condition);
  if (!names.some((name) => name.startsWith('$'))) return [condition];
  if (names.length !== 1) return undefined;
  if ('$eq' in condition) return [condition['$eq']];
  const list = condition['$in'];
  return Array.isArray(list) && list.length <= mostIds && !list.some(isRegex) ? list : undefined;
}

function isRegex(value: unknown): boolean {
  return typeof value === 'object' && value !== null && '_bsontype' in value && value._bsontype === 'BSONRegExp';
}
