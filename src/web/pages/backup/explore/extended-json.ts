/** How a value of canonical Extended JSON reads: as the shell writes it. Undefined: it is an object or an array of its own. */
export function shownValue(value: unknown): string | undefined {
  if (value === null || typeof value === 'boolean' || typeof value === 'number') return String(value);
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value !== 'object' || Array.isArray(value)) return undefined;
  return typedValue(value as Readonly<Record<string, unknown>>);
}

function typedValue(value: Readonly<Record<string, unknown>>): string | undefined {
  const [name = '', ...more] = Object.keys(value);
  return more.length > 0 && name !== '$code' ? undefined : writers[name]?.(value[name]);
}

/** By the name of the type; undefined where what it holds is of another kind than it says. */
const writers: Readonly<Record<string, (inner: unknown) => string | undefined>> = {
  $numberInt: String,
  $numberDouble: String,
  $numberLong: (inner) => `NumberLong(${String(inner)})`,
  $numberDecimal: (inner) => `NumberDecimal("${String(inner)}")`,
  $oid: (inner) => `ObjectId("${String(inner)}")`,
  $date: (inner) => `ISODate("${dateText(inner)}")`,
  $symbol: (inner) => JSON.stringify(inner),
  $undefined: () => 'undefined',
  $minKey: () => 'MinKey',
  $maxKey: () => 'MaxKey',
  $timestamp: (inner) => (isRecord(inner) ? `Timestamp(${String(inner['t'])}, ${String(inner['i'])})` : undefined),
  $regularExpression: (inner) =>
    isRecord(inner) ? `/${String(inner['pattern'])}/${String(inner['options'])}` : undefined,
  $binary: (inner) => (isRecord(inner) ? binaryText(String(inner['base64']), String(inner['subType'])) : undefined),
  $code: (inner) => (typeof inner === 'string' ? `Code(${JSON.stringify(inner)})` : undefined),
};

function dateText(inner: unknown): string {
  const ms = isRecord(inner) ? Number(inner['$numberLong']) : Date.parse(String(inner));
  return Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : `${ms} ms`;
}

function binaryText(base64: string, subType: string): string {
  if (subType === '04' && base64.length === 24) {
    const hex = Array.from(atob(base64), (char) => char.charCodeAt(0).toString(16).padStart(2, '0')).join('');
    return `UUID("${hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')}")`;
  }
  return `BinData(${Number.parseInt(subType, 16)}, "${base64}")`;
}

/** A document or an array on one line, at most `most` characters. */
export function oneLine(value: unknown, most = 120): string {
  const text = lineOf(value, most);
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

function lineOf(value: unknown, most: number): string {
  if (value === undefined) return 'nothing';
  const shown = shownValue(value);
  if (shown !== undefined) return shown;
  const isArray = Array.isArray(value);
  let text = isArray ? '[' : '{';
  for (const [name, inner] of Object.entries(value as object)) {
    if (text.length > most) break;
    text += `${text.length > 1 ? ', ' : ''}${isArray ? '' : `${name}: `}${lineOf(inner, most)}`;
  }
  return text + (isArray ? ']' : '}');
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What a person types for an `_id`: Extended JSON, 24 hex digits as an ObjectId, anything else as text. */
export function typedId(text: string): unknown {
  const trimmed = text.trim();
  if (/^[0-9a-fA-F]{24}$/.test(trimmed)) return { $oid: trimmed.toLowerCase() };
  const wrapped = /^ObjectId\(["']([0-9a-fA-F]{24})["']\)$/.exec(trimmed)?.[1];
  if (wrapped !== undefined) return { $oid: wrapped.toLowerCase() };
  try {
    return JSON.parse(trimmed);
  } catch {
    return trimmed;
  }
}
