import type { Clock } from '../../runtime/clock.ts';
import { AppError } from '../../runtime/errors.ts';
import { keepNewest } from '../../runtime/keep-newest.ts';
import type { AgentKind, AgentStore, Lease } from '../ports.ts';

export const leaseMs = 20_000;
/** Renewed only when this much has gone by: a busy agent costs one small write in five seconds. */
const renewAfterMs = 5_000;
const toldBound = 10_000;

/** An agent took the lease; `before` is the lease that it replaces. */
type OnTaken = (groupId: string, lease: Lease, before: Lease | undefined) => Promise<void>;

/** Who polls a group: one agent of each kind at a time. */
export class Leases {
  readonly #store: AgentStore;
  readonly #clock: Clock;
  readonly #onTaken: OnTaken;
  readonly #known = new Map<string, Lease>();
  readonly #told = new Map<string, string>();

  constructor(store: AgentStore, clock: Clock, onTaken: OnTaken = async () => {}) {
    this.#store = store;
    this.#clock = clock;
    this.#onTaken = onTaken;
  }

  /** Takes the lease for the agent, renews it, or tells who holds it. */
  async claim(groupId: string, kind: AgentKind, agentId: string): Promise<{ lease: Lease; active: boolean }> {
    const key = `${groupId} ${kind}`;
    const now = this.#clock.now();
    const known = this.#known.get(key);
    const fresh = known !== undefined && known.expiresAtMs > now;
    const needsWrite = !fresh || (known.holder === agentId && known.expiresAtMs - now < leaseMs - renewAfterMs);
    const before = known ?? (await this.#store.lease(groupId, kind));
    const lease = needsWrite ? await this.#acquire(groupId, kind, agentId, known) : known;
    this.#known.set(key, lease);
    if (lease.holder === agentId && before?.epoch !== lease.epoch) await this.#onTaken(groupId, lease, before);
    return { lease, active: lease.holder === agentId };
  }

  /** On a full disk the holder goes on, in memory only: the store could give the lease to nobody else either. */
  async #acquire(groupId: string, kind: AgentKind, agentId: string, known: Lease | undefined): Promise<Lease> {
    const now = this.#clock.now();
    try {
      return await this.#store.acquireLease(groupId, kind, agentId, now, leaseMs);
    } catch (thrown) {
      const isFull = thrown instanceof AppError && thrown.code === 'STORE_FULL';
      if (!isFull || known?.holder !== agentId) throw thrown;
      return { ...known, expiresAtMs: now + leaseMs };
    }
  }

  /** Whose it is now, without taking it. */
  async current(groupId: string, kind: AgentKind): Promise<Lease | undefined> {
    const known = this.#known.get(`${groupId} ${kind}`);
    const lease = known ?? (await this.#store.lease(groupId, kind));
    return lease !== undefined && lease.expiresAtMs > this.#clock.now() ? lease : undefined;
  }

  /** Does this process still have to learn its role? */
  isNews(instanceId: string, { lease, active }: { lease: Lease; active: boolean }): boolean {
    return this.#told.get(instanceId) !== roleText(lease, active);
  }

  told(instanceId: string, { lease, active }: { lease: Lease; active: boolean }): void {
    this.#told.delete(instanceId);
    this.#told.set(instanceId, roleText(lease, active));
    keepNewest(this.#told, toldBound);
  }

  /** An agent that goes lets another take over at once. */
  async release(groupId: string, kind: AgentKind, agentId: string): Promise<void> {
    await this.#store.releaseLease(groupId, kind, agentId);
    this.#known.delete(`${groupId} ${kind}`);
  }
}

function roleText(lease: Lease, active: boolean): string {
  return active ? `active ${lease.epoch}` : 'standby';
}
