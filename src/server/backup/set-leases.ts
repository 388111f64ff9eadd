import type { Clock } from '../../runtime/clock.ts';
import { AppError } from '../../runtime/errors.ts';
import type { SetLease, SetLeaseStore } from './ports.ts';

/** An agent that asks for nothing for so long has lost its sets. */
export const setLeaseMs = 20_000;

export interface SharedSet {
  readonly replicaSetId: string;
  /** In a scan: stays where it is when sets are shared anew. */
  readonly busy: boolean;
}

interface GroupLeases {
  readonly held: Map<string, SetLease>;
  /** Last request of each agent. */
  readonly heardAtMs: Map<string, number>;
}

/** The set went from one agent to another; `from` may be gone already. */
export type OnMoved = (groupId: string, replicaSetId: string, from: string, to: string) => Promise<void>;

/**
 * Which backup agent has which replica set of a group. Every request of an agent renews all that it has; only a change of
 * holder is written down. Who was given a set before this server started keeps it if it is heard of in time.
 */
export class SetLeases {
  readonly #store: SetLeaseStore;
  readonly #clock: Clock;
  readonly #onMoved: OnMoved;
  readonly #groups = new Map<string, Promise<GroupLeases>>();
  readonly #sharing = new Map<string, Promise<unknown>>();

  constructor(store: SetLeaseStore, clock: Clock, onMoved: OnMoved = async () => {}) {
    this.#store = store;
    this.#clock = clock;
    this.#onMoved = onMoved;
  }

  /** A request of this agent came: its leases last from now on. */
  async heard(groupId: string, agentId: string): Promise<void> {
    (await this.#group(groupId)).heardAtMs.set(agentId, this.#clock.now());
  }

  /**
   * Epochs of the sets that the agent has, after free ones were given to it up to its share and, above its share, some were
   * given up for the others. `changed`: others should look again.
   */
  async share(
    groupId: string,
    agentId: string,
    sets: readonly SharedSet[],
  ): Promise<{ readonly epochs: ReadonlyMap<string, number>; readonly changed: boolean }> {
    const before = this.#sharing.get(groupId) ?? Promise.resolve();
    const sharing = before.then(() => this.#share(groupId, agentId, sets));
    this.#sharing.set(
      groupId,
      sharing.catch(() => {}),
    );
    return sharing;
  }

  /** @throws LEASE_LOST unless the agent has the set under this epoch. */
  async check(groupId: string, replicaSetId: string, agentId: string, epoch: number): Promise<void> {
    const lease = (await this.#group(groupId)).held.get(replicaSetId);
    if (lease?.holder === agentId && lease.epoch === epoch) return;
    const who = lease === undefined || lease.holder === '' ? 'no agent' : `another lease (epoch ${lease.epoch})`;
    throw new AppError('LEASE_LOST', `epoch ${epoch} of replica set ${replicaSetId} is over: ${who} holds it now`, {
      details: { replicaSetId, epoch },
    });
  }

  /** The agent stops: its sets are free at once. */
  async leave(groupId: string, agentId: string): Promise<void> {
    const group = await this.#group(groupId);
    group.heardAtMs.delete(agentId);
  }

  /** The live agent that has the set. */
  async holder(groupId: string, replicaSetId: string): Promise<string | null> {
    const group = await this.#group(groupId);
    const lease = group.held.get(replicaSetId);
    return lease !== undefined && this.#isLive(group, lease.holder) ? lease.holder : null;
  }

  /** Agents that were heard of lately. */
  async live(groupId: string): Promise<readonly string[]> {
    const group = await this.#group(groupId);
    return [...group.heardAtMs.keys()].filter((agentId) => this.#isLive(group, agentId));
  }

  /** Sets that a live agent has. */
  async heldBy(groupId: string, agentId: string): Promise<readonly string[]> {
    const group = await this.#group(groupId);
    if (!this.#isLive(group, agentId)) return [];
    return [...group.held.values()].filter(({ holder }) => holder === agentId).map((lease) => lease.replicaSetId);
  }

  async #share(groupId: string, agentId: string, sets: readonly SharedSet[]) {
    const group = await this.#group(groupId);
    for (const id of [...group.heardAtMs.keys()]) if (!this.#isLive(group, id)) group.heardAtMs.delete(id);
    const live = [...group.heardAtMs.keys()];
    const share = Math.ceil(sets.length / Math.max(1, live.length));
    const holderOf = (set: SharedSet): string | undefined => group.held.get(set.replicaSetId)?.holder;
    const mine = sets.filter((set) => holderOf(set) === agentId);
    let changed = false;
    for (const set of mine.filter(({ busy }) => !busy).slice(0, Math.max(0, mine.length - share))) {
      // Nobody's until another agent asks; what this agent still sends is refused from then on.
      const lease = group.held.get(set.replicaSetId);
      if (lease !== undefined) group.held.set(set.replicaSetId, { ...lease, holder: '' });
      mine.splice(mine.indexOf(set), 1);
      changed = true;
    }
    if (!changed) {
      for (const set of sets) {
        if (mine.length >= share) break;
        const holder = holderOf(set);
        if (holder !== undefined && this.#isLive(group, holder)) continue;
        if (!(await this.#give(groupId, group, set.replicaSetId, agentId))) break;
        mine.push(set);
        changed = true;
      }
    }
    const epochs = mine.map(({ replicaSetId: id }) => [id, group.held.get(id)?.epoch ?? 0] as const);
    return { epochs: new Map(epochs), changed };
  }

  /** False on a full disk: nobody can be given anything then. */
  async #give(groupId: string, group: GroupLeases, replicaSetId: string, agentId: string): Promise<boolean> {
    const before = group.held.get(replicaSetId);
    try {
      group.held.set(replicaSetId, await this.#store.give(groupId, replicaSetId, agentId));
    } catch (thrown) {
      if (thrown instanceof AppError && thrown.code === 'STORE_FULL') return false;
      throw thrown;
    }
    if (before !== undefined && before.holder !== '' && before.holder !== agentId) {
      await this.#onMoved(groupId, replicaSetId, before.holder, agentId);
    }
    return true;
  }

  #isLive({ heardAtMs }: GroupLeases, agentId: string): boolean {
    const atMs = heardAtMs.get(agentId);
    return atMs !== undefined && this.#clock.now() - atMs < setLeaseMs;
  }

  #group(groupId: string): Promise<GroupLeases> {
    const known = this.#groups.get(groupId);
    if (known !== undefined) return known;
    const loading = this.#load(groupId);
    this.#groups.set(groupId, loading);
    loading.catch(() => this.#groups.delete(groupId));
    return loading;
  }

  async #load(groupId: string): Promise<GroupLeases> {
    const leases = await this.#store.leases(groupId);
    const holders = leases.map(({ holder }) => holder).filter((holder) => holder !== '');
    const now = this.#clock.now();
    return {
      held: new Map(leases.map((lease) => [lease.replicaSetId, lease])),
      heardAtMs: new Map(holders.map((holder) => [holder, now])),
    };
  }
}
