import { QueryThreads } from '../query/query-threads.ts';
import { type SelectableSource, selectDocuments } from '../query/selection.ts';
import type { RestoreSource } from '../restore/ports.ts';
import type { VaultService } from '../vault/ports.ts';
import type { ViewCollection } from '../vault/view-ports.ts';
import type { Moment, Selection } from '../wire/api/backup-reading.ts';

/** A set at a moment, or chosen documents of it, read from a vault that is open in this process. @throws NOT_RESTORABLE, NOT_FOUND */
export async function openVaultSource(
  vault: VaultService,
  { groupId, replicaSetId }: { readonly groupId: string; readonly replicaSetId: string },
  moment: Moment,
  selection?: Selection,
): Promise<RestoreSource> {
  const { viewId, view } = await vault.openView(groupId, replicaSetId, moment);
  const whole: SelectableSource<ViewCollection> = {
    collections: view.collections,
    chunks: async (uuid, afterKey, maxBytes, signal) => {
      signal.throwIfAborted();
      return vault.readView(viewId, uuid, afterKey, maxBytes);
    },
    byKey: (uuid, key) => vault.findByKey(viewId, uuid, key),
  };
  const chosen = selection === undefined ? undefined : selectDocuments(whole, selection, new QueryThreads());
  return {
    optime: view.optime,
    sourceVersion: view.featureVersion,
    replicaSetId,
    collections: chosen === undefined ? view.collections : [chosen.collection],
    chunks: chosen?.chunks ?? whole.chunks,
    close: () => vault.closeView(viewId),
  };
}
