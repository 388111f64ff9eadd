import { AppError } from '../../runtime/errors.ts';
import type { VaultService, VaultSet } from '../../vault/ports.ts';
import type { SetReport } from '../../wire/agent-messages.ts';
import type { GroupFleet } from '../fleet/fleet.ts';

/** A replica set that monitoring found, that is backed up, or both. */
export interface KnownSet {
  readonly replicaSetId: string;
  readonly name: string;
  /** Undefined: monitoring does not see it any more. */
  readonly report: SetReport | undefined;
  /** Undefined: never switched on, or deleted. */
  readonly kept: VaultSet | undefined;
}

const freshMs = 1000;

/** Replica sets of a group, of monitoring and of the vault; the vault is asked at most once a second, and after every change. */
export class SetBook {
  readonly #vault: VaultService;
  readonly #kept = new Map<string, { readonly atMs: number; readonly sets: Promise<readonly VaultSet[]> }>();

  constructor(vault: VaultService) {
    this.#vault = vault;
  }

  /** What the vault says is read anew. */
  changed(groupId: string): void {
    this.#kept.delete(groupId);
  }

  async kept(groupId: string): Promise<readonly VaultSet[]> {
    const known = this.#kept.get(groupId);
    if (known !== undefined && performance.now() - known.atMs < freshMs) return known.sets;
    const sets = this.#vault.sets(groupId);
    this.#kept.set(groupId, { atMs: performance.now(), sets });
    sets.catch(() => this.#kept.delete(groupId));
    return sets;
  }

  /** By name. */
  async all(fleet: GroupFleet): Promise<readonly KnownSet[]> {
    const kept = new Map((await this.kept(fleet.group.id)).map((set) => [set.replicaSetId, set]));
    const seen = [...fleet.sets.values()].map(({ report }): KnownSet => {
      const { replicaSetId, name } = report;
      return { replicaSetId, name, report, kept: kept.get(replicaSetId) };
    });
    const ids = new Set(seen.map(({ replicaSetId }) => replicaSetId));
    const gone = [...kept.values()].filter(({ replicaSetId }) => !ids.has(replicaSetId));
    const sets = [...seen, ...gone.map((set): KnownSet => ({ ...idAndName(set), report: undefined, kept: set }))];
    return sets.sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
  }

  /** As it is this moment. @throws NOT_FOUND also for a set of another group. */
  async one(fleet: GroupFleet, replicaSetId: string): Promise<KnownSet> {
    const kept = await this.#vault.set(fleet.group.id, replicaSetId);
    const report = fleet.sets.get(replicaSetId)?.report;
    const name = report?.name ?? kept?.name;
    if (name === undefined) {
      throw new AppError('NOT_FOUND', `there is no replica set ${replicaSetId} in this group`, {
        hint: 'The monitoring agent finds replica sets: see the list under Backups.',
      });
    }
    return { replicaSetId, name, report, kept };
  }
}

function idAndName({ replicaSetId, name }: VaultSet): { readonly replicaSetId: string; readonly name: string } {
  return { replicaSetId, name };
}

/** What is kept of a set. @throws CONFLICT when backup was never switched on. */
export function keptOf({ kept, name }: KnownSet): VaultSet {
  if (kept !== undefined) return kept;
  throw new AppError('CONFLICT', `backup of ${name} is off`, { hint: 'Start it first.' });
}
