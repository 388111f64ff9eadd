import { isJson } from './extended-json.ts';

/** One path that differs between two versions of a document; absent values are undefined. */
export interface Change {
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
}

const mostChanges = 200;

/** What differs between two documents in canonical Extended JSON, path by path, at most 200 of them. */
export function changesBetween(before: unknown, after: unknown): Change[] {
  const changes: Change[] = [];
  compare('', before, after, changes);
  return changes;
}

function compare(path: string, before: unknown, after: unknown, changes: Change[]): void {
  if (changes.length >= mostChanges) return;
  const pairs = membersOf(before, after);
  if (pairs === undefined) {
    if (JSON.stringify(before) !== JSON.stringify(after)) changes.push({ path, before, after });
    return;
  }
  for (const [name, was, is] of pairs) compare(path === '' ? name : `${path}.${name}`, was, is, changes);
}

/** Of two objects or two arrays; undefined where the values themselves are compared. */
function membersOf(before: unknown, after: unknown): readonly (readonly [string, unknown, unknown])[] | undefined {
  if (Array.isArray(before) && Array.isArray(after)) {
    const length = Math.max(before.length, after.length);
    return Array.from({ length }, (_, index) => [String(index), before[index], after[index]] as const);
  }
  if (!isJson(before) || !isJson(after) || isTyped(before) || isTyped(after)) return undefined;
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names.map((name) => [name, before[name], after[name]] as const);
}

/** `{"$numberInt": "5"}` is a value. */
function isTyped(value: Readonly<Record<string, unknown>>): boolean {
  const [first = ''] = Object.keys(value);
  return first.startsWith('$');
}
