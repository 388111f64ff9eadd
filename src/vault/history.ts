import { IndexCache } from '../blocks/index-cache.ts';
import type { ApplyUpdate } from '../blocks/ports.ts';
import { timestampMs } from '../model/optime.ts';
import { namespaceOf } from './fold-state.ts';
import type { StoredSet } from './metadata-ports.ts';
import type { DocumentVersion } from './ports.ts';
import { lookUp } from './run-access.ts';
import type { VaultStores } from './stores.ts';

export interface HistoryQuery {
  readonly namespace: string;
  readonly key: Buffer;
  /** The newest versions are answered when there are more. */
  readonly limit: number;
  readonly apply: ApplyUpdate;
}

/** Versions of one document as the snapshots hold it, oldest first; a snapshot in which it is as before is left out. */
export async function historyOf(
  stores: VaultStores,
  set: StoredSet,
  { namespace, key, limit, apply }: HistoryQuery,
): Promise<readonly DocumentVersion[]> {
  const { blocks, blockKey } = await stores.group(set.groupId);
  const options = { source: blocks, apply, groupKey: blockKey, cache: new IndexCache() };
  const versions: DocumentVersion[] = [];
  let before: Buffer | null | undefined;
  for (const { optime, hidden } of stores.metadata.points(set.replicaSetId)) {
    if (hidden) continue;
    const collection = stores.metadata
      .collectionsAt(set.replicaSetId, optime.ts)
      .find(({ info, incomplete }) => !incomplete && namespaceOf(info) === namespace);
    const found =
      collection === undefined ? undefined : await lookUp(collection.runs, key, collection.info.capped, options);
    const document = found?.document ?? null;
    if (before !== undefined && (before === null ? document === null : document?.equals(before) === true)) continue;
    before = document;
    versions.push({
      optime,
      atMs: timestampMs(optime.ts),
      exact: false,
      kind: document === null ? 'missing' : 'found',
      document: document === null ? null : Buffer.from(document),
    });
  }
  return versions.slice(-limit);
}
