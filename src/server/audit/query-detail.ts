import { canonicalJson } from '../../model/audit-chain.ts';
import type { AuditValue } from '../../wire/api/audit.ts';
import type { Selection } from '../../wire/api/backup-reading.ts';
import type { CredentialBox } from '../access/credential-box.ts';

/**
 * What an event says of a query: names of the fields, never their values, which may be about people. The mark is a keyed
 * hash: two queries with the same mark were the same, and nobody finds the values by trying without the server's key.
 */
export function queryDetail(box: CredentialBox, query: unknown): { fields: string[]; queryMark: string } {
  const names = new Set<string>();
  collectFields(query, names);
  return { fields: [...names].toSorted(), queryMark: box.mark(canonicalJson(query)) };
}

/** Of chosen documents; nothing when all of a moment are meant. */
export function selectionDetail(box: CredentialBox, selection: Selection | undefined): Record<string, AuditValue> {
  if (selection === undefined) return {};
  const { namespace, filter, ids } = selection;
  return {
    namespace,
    ...queryDetail(box, ids === undefined ? filter : { _id: ids }),
    ...(ids === undefined ? {} : { ids: ids.length }),
  };
}

/** Operators are walked into, values are not: what is in them belongs to the documents. */
function collectFields(query: unknown, names: Set<string>, depth = 0): void {
  if (typeof query !== 'object' || query === null || depth > 20) return;
  if (Array.isArray(query)) {
    for (const part of query) collectFields(part, names, depth + 1);
    return;
  }
  for (const [name, value] of Object.entries(query)) {
    if (logical.has(name)) collectFields(value, names, depth + 1);
    else if (!name.startsWith('$')) {
      names.add(name);
      collectNested(value, names, depth + 1);
    }
  }
}

/** The operators of a field that hold a query again. */
function collectNested(value: unknown, names: Set<string>, depth: number): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
  for (const [name, inner] of Object.entries(value)) {
    if (name === '$elemMatch') collectFields(inner, names, depth);
    else if (name === '$not') collectNested(inner, names, depth);
  }
}

const logical = new Set(['$and', '$or', '$nor']);
