import { typedId } from './extended-json.ts';

/** What is asked of a collection: as it was typed, and as it is sent. */
export interface Question {
  readonly namespace: string;
  readonly text: string;
  readonly filter: Readonly<Record<string, unknown>>;
  readonly sortText: string;
  readonly sort: Readonly<Record<string, 1 | -1>> | undefined;
  readonly limit: number;
  /** What cannot be understood, and how it is written; null: all can. */
  readonly problem: string | null;
}

/** Reads `ns`, `find`, `sort` and `limit` of an address or a form. What is no filter is an `_id`. */
export function parseQuestion(query: URLSearchParams): Question {
  const text = query.get('find') ?? '';
  const sortText = query.get('sort') ?? '';
  const wanted = Number(query.get('limit') ?? 20);
  const limit = Number.isInteger(wanted) && wanted >= 1 && wanted <= 1000 ? wanted : 20;
  const filter = filterOf(text);
  const sort = sortText === '' ? undefined : sortOf(sortText);
  const problem =
    filter === null
      ? 'The filter is no JSON: names stand in double quotes, as in {"status": "paid"}.'
      : sort === null
        ? 'The order is written {"field": 1} or {"field": -1}.'
        : null;
  return {
    namespace: query.get('ns') ?? '',
    text,
    filter: filter ?? {},
    sortText,
    sort: sort ?? undefined,
    limit,
    problem,
  };
}

/** A filter or an `_id` as it was typed; null: it is neither. */
export function filterOf(text: string): Readonly<Record<string, unknown>> | null {
  const trimmed = text.trim();
  if (trimmed === '') return {};
  if (!trimmed.startsWith('{')) return { _id: typedId(trimmed) };
  const parsed = parsedObject(trimmed);
  // {"$oid": "…"} is a value, and so an _id; {"$or": […]} is a filter.
  if (parsed !== null && isTyped(parsed)) return { _id: parsed };
  return parsed;
}

function sortOf(text: string): Readonly<Record<string, 1 | -1>> | null {
  const parsed = parsedObject(text);
  if (parsed === null) return null;
  const sort: Record<string, 1 | -1> = {};
  for (const [name, direction] of Object.entries(parsed)) {
    if (direction !== 1 && direction !== -1) return null;
    sort[name] = direction;
  }
  return sort;
}

function parsedObject(text: string): Record<string, unknown> | null {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
      ? (parsed as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

const valueNames =
  /^\$(oid|numberInt|numberLong|numberDouble|numberDecimal|date|uuid|binary|timestamp|symbol|minKey|maxKey)$/;

function isTyped(value: Readonly<Record<string, unknown>>): boolean {
  const [name = '', ...more] = Object.keys(value);
  return more.length === 0 && valueNames.test(name);
}
