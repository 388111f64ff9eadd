/** A moment that can be brought back until then, whatever the schedule says: somebody was promised that. */
export interface Hold {
  readonly replicaSetId: string;
  readonly ts: bigint;
  readonly untilMs: number;
}

/** Moments that are held. In memory: whoever promised one names it again when the store is opened, before anything is let go. */
export class Holds {
  #holds: readonly Hold[];

  constructor(holds: readonly Hold[]) {
    this.#holds = holds;
  }

  add(hold: Hold, nowMs: number): void {
    this.#holds = [...this.#holds.filter(({ untilMs }) => untilMs > nowMs), hold];
  }

  of(replicaSetId: string, nowMs: number): readonly bigint[] {
    const valid = this.#holds.filter((hold) => hold.replicaSetId === replicaSetId && hold.untilMs > nowMs);
    return valid.map(({ ts }) => ts);
  }
}
