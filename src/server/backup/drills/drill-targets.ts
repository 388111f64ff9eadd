import type { Clock } from '../../../runtime/clock.ts';
import { sleep } from '../../../runtime/periodic.ts';
import type { SetLeases } from '../set-leases.ts';

interface Noted {
  readonly target: string | null;
  readonly atMs: number;
}
export interface ChosenAgent {
  readonly agentId: string;
  readonly target: string;
}

const lookEveryMs = 1000;
/** Agents report every 5 s. */
const firstReportMs = 15_000;
const freshMs = 30_000;

/** Which agents of a group have a target for restore drills, as they say. */
export class DrillTargets {
  readonly #clock: Clock;
  readonly #leases: SetLeases;
  /** By group, by agent. */
  readonly #noted = new Map<string, Map<string, Noted>>();

  constructor(clock: Clock, leases: SetLeases) {
    this.#clock = clock;
    this.#leases = leases;
  }

  note(groupId: string, agentId: string, target: string | null): void {
    const group = this.#noted.get(groupId) ?? new Map<string, Noted>();
    this.#noted.set(groupId, group.set(agentId, { target, atMs: this.#clock.now() }));
  }

  forget(groupId: string, agentId: string): void {
    this.#noted.get(groupId)?.delete(agentId);
  }

  /**
   * The agent that has the set, when it has a target; else any other one that has. Agents that have just come, or a server that was just
   * started: their next reports are waited for. Null: none has a target.
   */
  async choose(groupId: string, replicaSetId: string, signal: AbortSignal): Promise<ChosenAgent | null> {
    const endMs = performance.now() + firstReportMs;
    for (;;) {
      const live = await this.#leases.live(groupId);
      const noted = new Map([...(this.#noted.get(groupId) ?? [])].filter(([id, one]) => this.#isFresh(id, one, live)));
      const having = [...noted].flatMap(([agentId, { target }]) => (target === null ? [] : [{ agentId, target }]));
      const holder = await this.#leases.holder(groupId, replicaSetId);
      const own = having.find(({ agentId }) => agentId === holder);
      if (own !== undefined) return own;
      const isComplete = live.every((agentId) => noted.has(agentId));
      const [first = null] = having.toSorted((a, b) => (a.agentId < b.agentId ? -1 : 1));
      if (isComplete || performance.now() > endMs || !(await sleep(lookEveryMs, signal))) return first;
    }
  }

  #isFresh(agentId: string, { atMs }: Noted, live: readonly string[]): boolean {
    return live.includes(agentId) && this.#clock.now() - atMs < freshMs;
  }
}
