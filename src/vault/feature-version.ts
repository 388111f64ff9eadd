import { documentKey } from '../blocks/document-key.ts';
import { elementType, findElement, stringEnd } from '../model/bson-walk.ts';
import { versionNamespace } from '../model/namespace-filter.ts';
import { namespaceOf } from './fold-state.ts';
import type { CollectionRuns } from './ports.ts';
import { lookUp, type RunAccess } from './run-access.ts';

/** Since then documents of capped collections may grow, and bounds may be changed below what is there. */
const capsLooseSince = 6;
const versionName = Buffer.from('version');
const key = documentKey(Buffer.from('\x2a\0\0\0\x02_id\0\x1c\0\0\0featureCompatibilityVersion\0\0', 'latin1'));

/** The source's own note of its version (`6.0`) at the moment of these collections: its featureCompatibilityVersion. Null: it is not kept. */
export async function featureVersion(collections: Iterable<CollectionRuns>, access: RunAccess): Promise<string | null> {
  for (const collection of collections) {
    if (namespaceOf(collection.info) !== versionNamespace) continue;
    const found = await lookUp(collection.runs, key, false, access);
    return found === undefined ? null : versionOf(found.document);
  }
  return null;
}

/**
 * May capped collections of a source of this version hold more than their bounds say until the next insert? Then the oplog tells of every
 * document that went, and nothing more may be left out.
 */
export function areCapsLoose(version: string | null): boolean {
  return version !== null && Number.parseFloat(version) >= capsLooseSince;
}

function versionOf(document: Buffer): string | null {
  const at = findElement(document, 0, document.length, versionName);
  if (at < 0 || document[at] !== elementType.string) return null;
  const valueAt = at + 1 + versionName.length + 1;
  return document.toString('utf8', valueAt + 4, stringEnd(document, valueAt, document.length) - 1);
}
