import { missingDefaults } from './default-rules.ts';
import { type DeliveryMemory, loadDeliveryMemory } from './delivery/delivery-memory.ts';
import type { NotifierRecord } from './delivery/ports.ts';
import { stateKey } from './evaluate.ts';
import type { Alert, AlertRule, AlertStore, StoredState } from './ports.ts';

/** More than this many open alerts in one group are not kept in memory; a thousand hosts × ten rules stay below it. */
const activeLimit = 20_000;

/** What the engine remembers of a group between two looks; all of it is in the store too. */
export interface GroupMemory {
  rules: readonly AlertRule[];
  notifiers: readonly NotifierRecord[];
  readonly states: Map<string, StoredState>;
  /** Open and acknowledged alerts by id. */
  readonly active: Map<string, Alert>;
  /** When the words of an open alert were last written to the store. */
  readonly refreshedAtMs: Map<string, number>;
  /** Who was told, and when others will be. */
  readonly delivery: DeliveryMemory;
}

/** The memories of all groups, each loaded once. Work on one group never overlaps, so a look cannot undo an edit. */
export class AlertMemory {
  readonly store: AlertStore;
  readonly #loaded = new Map<string, GroupMemory>();
  readonly #tails = new Map<string, Promise<unknown>>();

  constructor(store: AlertStore) {
    this.store = store;
  }

  /** Runs `work` after all earlier work on the group has ended. */
  async serially<T>(groupId: string, work: (memory: GroupMemory) => Promise<T>): Promise<T> {
    const before = this.#tails.get(groupId) ?? Promise.resolve();
    const mine = before.then(async () => work(await this.#load(groupId)));
    const tail = mine.catch(() => {});
    this.#tails.set(groupId, tail);
    try {
      return await mine;
    } finally {
      if (this.#tails.get(groupId) === tail) this.#tails.delete(groupId);
    }
  }

  /** What is known without waiting; undefined before the first look. */
  loaded(groupId: string): GroupMemory | undefined {
    return this.#loaded.get(groupId);
  }

  async #load(groupId: string): Promise<GroupMemory> {
    const known = this.#loaded.get(groupId);
    if (known !== undefined) return known;
    const [stored, notifiers, states, active, delivery] = await Promise.all([
      this.store.rules(groupId),
      this.store.notifiers(groupId),
      this.store.states(groupId),
      this.store.alerts(groupId, { state: 'active', limit: activeLimit }),
      loadDeliveryMemory(this.store, groupId),
    ]);
    const added = missingDefaults(stored);
    await this.store.saveRules(groupId, added);
    const memory: GroupMemory = {
      rules: [...stored, ...added],
      notifiers,
      states: new Map(states.map((stored) => [stateKey(stored.ruleId, stored.subject.id), resumed(stored)])),
      active: new Map(active.map((alert) => [alert.id, alert])),
      refreshedAtMs: new Map(),
      delivery,
    };
    this.#loaded.set(groupId, memory);
    return memory;
  }
}

/** The time before the first look of this process was not watched. */
function resumed(stored: StoredState): StoredState {
  return { ...stored, state: { ...stored.state, lastMs: Number.POSITIVE_INFINITY } };
}
