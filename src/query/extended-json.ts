import { deserialize, EJSON } from 'bson';
import { AppError } from '../runtime/errors.ts';

type Json = Readonly<Record<string, unknown>>;

/** Canonical Extended JSON of a raw document, for people to read: of several elements with one name the last one is seen. */
export function jsonOfDocument(raw: Buffer): Json {
  const document = deserialize(raw, {
    promoteValues: false,
    promoteLongs: false,
    bsonRegExp: true,
    validation: { utf8: false },
  });
  return EJSON.serialize(document, { relaxed: false }) as Json;
}

/** Values that a person typed as Extended JSON, as bson's own classes. @throws INPUT_INVALID */
export function valuesOfJson(what: string, json: Json): Json {
  try {
    return EJSON.deserialize(json as Record<string, unknown>, { relaxed: false }) as Json;
  } catch (cause) {
    throw new AppError('INPUT_INVALID', `${what}: ${cause instanceof Error ? cause.message : 'no Extended JSON'}`, {
      cause,
      details: { field: what },
    });
  }
}

/** Only the named fields, or all but them. `_id` stays unless it is left out by name. @throws INPUT_INVALID for a mixture */
export function projected(document: Json, projection: Readonly<Record<string, 0 | 1>>): Json {
  const { _id: id, ...fields } = projection;
  const kinds = new Set(Object.values(fields));
  if (kinds.size > 1) throw new AppError('INPUT_INVALID', 'projection: fields are either all named or all left out');
  const paths = Object.keys(fields).map((path) => path.split('.'));
  const isInclusion = kinds.has(1) || (kinds.size === 0 && id === 1);
  const { _id: own, ...rest } = document;
  const kept = isInclusion ? included(rest, paths) : excluded(rest, paths);
  return id === 0 || own === undefined ? kept : { _id: own, ...kept };
}

function included(value: Json, paths: readonly (readonly string[])[]): Json {
  const kept: Record<string, unknown> = {};
  for (const [name, inner] of Object.entries(value)) {
    const below = paths.filter(([first]) => first === name).map(([, ...rest]) => rest);
    if (below.some((rest) => rest.length === 0)) kept[name] = inner;
    else if (below.length > 0) kept[name] = within(inner, (part) => included(part, below), true);
  }
  return kept;
}

function excluded(value: Json, paths: readonly (readonly string[])[]): Json {
  const kept: Record<string, unknown> = {};
  for (const [name, inner] of Object.entries(value)) {
    const below = paths.filter(([first]) => first === name).map(([, ...rest]) => rest);
    if (below.some((rest) => rest.length === 0)) continue;
    kept[name] = below.length === 0 ? inner : within(inner, (part) => excluded(part, below), false);
  }
  return kept;
}

function within(value: unknown, work: (part: Json) => Json, dropOthers: boolean): unknown {
  if (Array.isArray(value)) {
    const parts: readonly unknown[] = value;
    return parts.filter((part) => !dropOthers || isJson(part)).map((part) => (isJson(part) ? work(part) : part));
  }
  return isJson(value) ? work(value) : value;
}

export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
