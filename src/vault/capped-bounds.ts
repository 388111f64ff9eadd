import { mergeDocuments } from '../blocks/merge-documents.ts';
import { elementType, findElement, stringEnd } from '../model/bson-walk.ts';
import type { CollectionRuns } from './ports.ts';
import { inputsOf, type RunAccess } from './run-access.ts';

/** Since then documents of capped collections may grow, and bounds may be changed below what is there. */
const looseSince = 6;
const versionName = Buffer.from('version');
const documentId = Buffer.from('\x02_id\0\x1c\0\0\0featureCompatibilityVersion\0', 'latin1');

/**
 * May capped collections of this source hold more than their bounds say until the next insert? Then the oplog tells of every document that
 * went, and nothing more may be left out. The source's own note of its version, as of the same moment, decides; false where it is not kept.
 */
export async function areCapsLoose(collections: Iterable<CollectionRuns>, access: RunAccess): Promise<boolean> {
  for (const { info, runs } of collections) {
    if (info.database !== 'admin' || info.name !== 'system.version') continue;
    for await (const { document } of mergeDocuments(inputsOf(runs, access), { apply: access.apply })) {
      if (document !== undefined && Buffer.from(document).includes(documentId))
        return versionOf(document) >= looseSince;
    }
  }
  return false;
}

/** `{_id: 'featureCompatibilityVersion', version: '6.0'}` → 6; 0 when it says nothing of the kind. */
function versionOf(document: Buffer): number {
  const at = findElement(document, 0, document.length, versionName);
  if (at < 0 || document[at] !== elementType.string) return 0;
  const valueAt = at + 1 + versionName.length + 1;
  const text = document.toString('utf8', valueAt + 4, stringEnd(document, valueAt, document.length) - 1);
  return Number.parseFloat(text) || 0;
}
