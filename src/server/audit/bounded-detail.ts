import type { AuditValue } from '../../wire/api/audit.ts';

const longestText = 400;
const mostValues = 30;
const longestList = 50;

/** A text as an event may hold it: what people type has no length. */
export function cutText(text: string): string {
  return text.length <= longestText ? text : `${text.slice(0, longestText - 1)}…`;
}

/** Without undefined values, and with bounds: an event has a few kilobytes at most. */
export function boundedDetail(detail: Readonly<Record<string, AuditValue | undefined>>): Record<string, AuditValue> {
  const entries = Object.entries(detail)
    .flatMap(([name, value]): [string, AuditValue][] => (value === undefined ? [] : [[name, boundedValue(value)]]))
    .slice(0, mostValues);
  return Object.fromEntries(entries);
}

function boundedValue(value: AuditValue): AuditValue {
  if (typeof value === 'string') return cutText(value);
  // JSON has no other numbers.
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (!Array.isArray(value)) return value;
  const kept = value.slice(0, longestList).map(cutText);
  return value.length > longestList ? [...kept, `and ${value.length - longestList} more`] : kept;
}
