import type { VaultService } from '../../vault/ports.ts';
import type { Moment } from '../../wire/api/backup-reading.ts';
import type { HoldStore } from './ports.ts';

/** Moments that were promised to somebody: what they are made from stays in the store, also when the server is started anew meanwhile. */
export class HeldMoments {
  readonly #vault: VaultService;
  readonly #store: HoldStore;

  constructor(vault: VaultService, store: HoldStore) {
    this.#vault = vault;
    this.#store = store;
  }

  /** `id`: of the link or the view. Renewed by another call. @throws NOT_FOUND */
  async hold(id: string, groupId: string, replicaSetId: string, at: Moment, untilMs: number): Promise<void> {
    const ts = await this.#vault.hold(groupId, replicaSetId, at, untilMs);
    await this.#store.save({ id, replicaSetId, ts, untilMs });
  }

  /** In the store of backups it ends by itself. */
  release(id: string): Promise<void> {
    return this.#store.remove(id);
  }
}
