import { createHash } from 'node:crypto';

/** What the first event of a log names as the one before. */
export const genesisHash = '0'.repeat(64);

/**
 * JSON of one form alone (RFC 8785): no spaces, names sorted by UTF-16 units, numbers and strings as ECMAScript writes them.
 * Half a surrogate pair, which no UTF-8 holds, becomes U+FFFD.
 */
export function canonicalJson(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.toWellFormed());
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const entries = Object.entries(value).toSorted(([left], [right]) => byUnits(left, right));
  return `{${entries.map(([name, inner]) => `${canonicalJson(name)}:${canonicalJson(inner)}`).join(',')}}`;
}

/** SHA-256 (hex) of an event's canonical JSON without its own hash; the hash of the one before is in it. */
export function auditHash(event: object & { readonly hash?: string }): string {
  const { hash: _, ...hashed } = event;
  return createHash('sha256').update(canonicalJson(hashed)).digest('hex');
}

function byUnits(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
