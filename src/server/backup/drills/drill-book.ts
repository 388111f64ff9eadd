import type { VaultService, VaultSet } from '../../../vault/ports.ts';
import type { BackupDrill, DrillStore } from '../ports.ts';

const dayMs = 86_400_000;

/** How the drills of each set ended, and when the next one is due. */
export class DrillBook {
  readonly #store: DrillStore;
  readonly #vault: VaultService;
  /** The newest of a set. */
  readonly #newest = new Map<string, Promise<BackupDrill | null>>();
  /** When the first snapshot of a set was there; asked for while no drill ran. */
  readonly #since = new Map<string, Promise<number | null>>();

  constructor(store: DrillStore, vault: VaultService) {
    this.#store = store;
    this.#vault = vault;
  }

  async add(groupId: string, replicaSetId: string, drill: BackupDrill): Promise<void> {
    await this.#store.add(groupId, replicaSetId, drill);
    this.#newest.set(keyOf(groupId, replicaSetId), Promise.resolve(drill));
  }

  /** Backup begins anew: drills of snapshots that were deleted prove nothing of it. */
  async forget(groupId: string, replicaSetId: string): Promise<void> {
    await this.#store.removeAll(groupId, replicaSetId);
    this.#newest.delete(keyOf(groupId, replicaSetId));
    this.#since.delete(keyOf(groupId, replicaSetId));
  }

  /** Newest first. */
  list(groupId: string, replicaSetId: string): Promise<readonly BackupDrill[]> {
    return this.#store.drills(groupId, replicaSetId);
  }

  newest(groupId: string, replicaSetId: string): Promise<BackupDrill | null> {
    const read = async () => (await this.#store.drills(groupId, replicaSetId))[0] ?? null;
    return remembered(this.#newest, keyOf(groupId, replicaSetId), read);
  }

  /**
   * When a drill is due: so many days after the last one, a day after one that failed, and the first a day after the first
   * snapshot. Null: none is.
   */
  async dueAtMs({ groupId, replicaSetId, settings, snapshots, standing }: VaultSet): Promise<number | null> {
    if (settings.drillEveryDays === 0 || snapshots === 0 || standing !== 'active') return null;
    const newest = await this.newest(groupId, replicaSetId);
    if (newest !== null) return newest.atMs + (newest.ok ? settings.drillEveryDays : 1) * dayMs;
    const key = keyOf(groupId, replicaSetId);
    const oldest = async (): Promise<number | null> => {
      const taken = (await this.#vault.snapshots(groupId, replicaSetId)).map(({ takenAtMs }) => takenAtMs);
      return taken.length === 0 ? null : Math.min(...taken);
    };
    const since = await remembered(this.#since, key, oldest);
    if (since === null) this.#since.delete(key);
    return since === null ? null : since + dayMs;
  }
}

function keyOf(groupId: string, replicaSetId: string): string {
  return `${groupId}/${replicaSetId}`;
}

function remembered<T>(known: Map<string, Promise<T>>, key: string, read: () => Promise<T>): Promise<T> {
  const before = known.get(key);
  if (before !== undefined) return before;
  const reading = read();
  known.set(key, reading);
  reading.catch(() => known.delete(key));
  return reading;
}
