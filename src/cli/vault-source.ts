import type { RestoreSource } from '../restore/ports.ts';
import type { VaultService } from '../vault/ports.ts';
import type { Moment } from '../wire/api/backups.ts';

/** A set at a moment, read from a vault that is open in this process. @throws NOT_RESTORABLE */
export async function openVaultSource(
  vault: VaultService,
  groupId: string,
  replicaSetId: string,
  moment: Moment,
): Promise<RestoreSource> {
  const { viewId, view } = await vault.openView(groupId, replicaSetId, moment);
  return {
    optime: view.optime,
    // A vault knows no versions: the target is asked whether it takes each option and index.
    sourceVersion: null,
    replicaSetId,
    collections: view.collections,
    chunks: async (uuid, afterKey, maxBytes, signal) => {
      signal.throwIfAborted();
      return vault.readView(viewId, uuid, afterKey, maxBytes);
    },
    close: () => vault.closeView(viewId),
  };
}
