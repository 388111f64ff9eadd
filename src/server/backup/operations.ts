import type { Clock } from '../../runtime/clock.ts';
import { AppError, toAppError } from '../../runtime/errors.ts';
import type { BackupOperation } from '../../wire/api/backups.ts';
import { newId } from '../new-id.ts';
import type { Waiters } from './waiters.ts';

type Result = Pick<BackupOperation, 'snapshot' | 'verify' | 'drill'>;

interface Kept {
  readonly groupId: string;
  operation: BackupOperation;
}

const keptAtMost = 500;

/** Work of the vault that may outlast a request. In memory: what a restart cuts off is not known any more. */
export class Operations {
  readonly #clock: Clock;
  readonly #waiters: Waiters;
  readonly #kept = new Map<string, Kept>();

  constructor(clock: Clock, waiters: Waiters) {
    this.#clock = clock;
    this.#waiters = waiters;
  }

  /** Begins the work; the same work of the same set that is under way is given back instead. */
  start(
    groupId: string,
    kind: BackupOperation['kind'],
    replicaSetId: string | null,
    work: () => Promise<Partial<Result>>,
  ): BackupOperation {
    for (const { groupId: of, operation } of this.#kept.values()) {
      const isSame = of === groupId && operation.kind === kind && operation.replicaSetId === replicaSetId;
      if (isSame && operation.state === 'running') return operation;
    }
    const id = newId('o');
    const startedAtMs = this.#clock.now();
    const nothing = { endedAtMs: null, error: null, snapshot: null, verify: null, drill: null };
    const kept: Kept = { groupId, operation: { id, kind, replicaSetId, startedAtMs, ...nothing, state: 'running' } };
    this.#kept.set(id, kept);
    this.#forgetOldest();
    void this.#run(kept, work);
    return kept.operation;
  }

  /** As it is now, or when it ends within the time. @throws NOT_FOUND also for one of another group. */
  async look(groupId: string, id: string, waitMs: number, signal: AbortSignal): Promise<BackupOperation> {
    const endMs = performance.now() + waitMs;
    for (;;) {
      const kept = this.#kept.get(id);
      if (kept?.groupId !== groupId) {
        throw new AppError('NOT_FOUND', 'there is no such operation, or the server was started anew meanwhile');
      }
      const leftMs = endMs - performance.now();
      if (kept.operation.state !== 'running' || leftMs <= 0 || signal.aborted) return kept.operation;
      await this.#waiters.wait(groupId, leftMs, signal);
    }
  }

  async #run(kept: Kept, work: () => Promise<Partial<Result>>): Promise<void> {
    const { operation } = kept;
    try {
      const result = await work();
      kept.operation = { ...operation, ...result, state: 'done', endedAtMs: this.#clock.now() };
    } catch (thrown) {
      const { code, message, hint } = toAppError(thrown);
      kept.operation = { ...operation, state: 'failed', endedAtMs: this.#clock.now(), error: { code, message, hint } };
    }
    this.#waiters.wake(kept.groupId);
  }

  #forgetOldest(): void {
    for (const [id, { operation }] of this.#kept) {
      if (this.#kept.size <= keptAtMost) return;
      if (operation.state !== 'running') this.#kept.delete(id);
    }
  }
}
