import { toAppError } from '../runtime/errors.ts';
import { periodic } from '../runtime/periodic.ts';
import { collectGroup } from './collect.ts';
import type { Compaction } from './compactor.ts';
import type { EngineParts } from './engine-parts.ts';
import type { StoredSet } from './metadata-ports.ts';
import { retain } from './retain.ts';

const tickMs = 5000;
/** Of one set at a time: a snapshot of very many collections leaves each a run more. */
const compactMs = 4000;
const retainEveryMs = 60_000;
/** Collecting reads the index blocks of every run of a group: not for each run that goes. */
const collectEveryMs = 60 * 60_000;
const firstCollectMs = 5 * 60_000;

/** Work that keeps a store in shape, beside folds: what no rule keeps goes, runs are joined, garbage is collected. */
export class Upkeep {
  readonly #options: EngineParts;
  readonly #retainedAtMs = new Map<string, number>();
  readonly #collectedAtMs = new Map<string, number>();
  /** Groups with runs that went. */
  readonly #garbage = new Set<string>();

  constructor(options: EngineParts) {
    this.#options = options;
  }

  /** Resolves when the signal has aborted and the work under way has ended. */
  run(signal: AbortSignal): Promise<void> {
    const { log, stores } = this.#options;
    // What went before the last stop was perhaps not collected.
    const soon = stores.clock.now() + firstCollectMs - collectEveryMs;
    for (const groupId of stores.metadata.groups()) {
      this.#garbage.add(groupId);
      this.#collectedAtMs.set(groupId, soon);
    }
    return periodic(() => this.tick(signal), {
      intervalMs: tickMs,
      firstDelayMs: tickMs,
      signal,
      onError: (thrown) => log.warn('upkeep of backups failed', { error: toAppError(thrown).message }),
    });
  }

  async tick(signal: AbortSignal): Promise<void> {
    const { stores, views } = this.#options;
    views.expire();
    for (const set of stores.metadata.sets()) {
      await this.#guarded(set, signal, () => this.#retainWhenDue(set));
      await this.#guarded(set, signal, () => this.#compact(set, signal));
    }
    const now = stores.clock.now();
    for (const groupId of [...this.#garbage]) {
      if (signal.aborted || now - (this.#collectedAtMs.get(groupId) ?? 0) < collectEveryMs) continue;
      this.#garbage.delete(groupId);
      this.#collectedAtMs.set(groupId, now);
      await this.#collect(groupId, signal);
    }
  }

  /** What fails for one set is told and stops no other. */
  async #guarded({ name }: StoredSet, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
    if (signal.aborted) return;
    try {
      await work();
    } catch (thrown) {
      if (signal.aborted) return;
      const { code, message } = toAppError(thrown);
      this.#options.log.warn('upkeep of a backup failed', { replicaSet: name, code, message });
    }
  }

  async #retainWhenDue(set: StoredSet): Promise<void> {
    const { stores, turns, views, holds } = this.#options;
    const now = stores.clock.now();
    const { replicaSetId, groupId, deleteAtMs, standing } = set;
    if (standing === 'terminating' && deleteAtMs !== null && deleteAtMs <= now) return this.#delete(set);
    // What was stopped keeps its snapshots; what is being terminated can still be taken back.
    if (standing !== 'active' || now - (this.#retainedAtMs.get(replicaSetId) ?? 0) < retainEveryMs) return;
    // Not beside a fold: it reads runs that it was given at its start. Nor while it is not known what a view will read.
    const freed = await turns.take(`fold ${replicaSetId}`, async () => {
      if (views.opening > 0) return false;
      this.#retainedAtMs.set(replicaSetId, now);
      return retain(stores, set, views.runIds(replicaSetId), holds.of(replicaSetId, now));
    });
    if (freed) this.#garbage.add(groupId);
  }

  /** The end of a termination: nothing of the set is left but what snapshots of other sets share. */
  async #delete({ groupId, replicaSetId, name }: StoredSet): Promise<void> {
    const { stores, turns, views, log } = this.#options;
    await turns.take(`fold ${replicaSetId}`, () =>
      turns.take(`set ${replicaSetId}`, async () => {
        const now = stores.metadata.set(replicaSetId);
        // It may have been taken back at the last moment.
        if (now?.standing !== 'terminating') return;
        views.closeOf(replicaSetId);
        const { slices } = await stores.group(groupId);
        await slices.removeAll(replicaSetId);
        stores.metadata.removeSet(replicaSetId);
        this.#garbage.add(groupId);
        this.#collectedAtMs.delete(groupId);
        log.info('a terminated backup is deleted', { replicaSet: name });
      }),
    );
  }

  /** Until nothing is to be joined, or other sets have waited for long enough. */
  async #compact(set: StoredSet, signal: AbortSignal): Promise<void> {
    const { compactor } = this.#options;
    const until = performance.now() + compactMs;
    for (let due = compactor.due(set); due.length > 0; due = compactor.due(set)) {
      for (const compaction of due) {
        await this.#join(set, compaction, signal);
        if (signal.aborted || performance.now() >= until) return;
      }
    }
  }

  async #join(set: StoredSet, compaction: Compaction, signal: AbortSignal): Promise<void> {
    const { compactor, log } = this.#options;
    const began = performance.now();
    const { database, name } = compaction.collection.info;
    const writtenBytes = await compactor.run(set, compaction, signal);
    const tookMs = Math.round(performance.now() - began);
    const { from, to, into } = compaction.plan;
    if (tookMs > 1000)
      log.info('runs joined', {
        replicaSet: set.name,
        namespace: `${database}.${name}`,
        runs: to - from,
        into,
        writtenBytes,
        tookMs,
      });
  }

  async #collect(groupId: string, signal: AbortSignal): Promise<void> {
    const { stores, log } = this.#options;
    try {
      const { freedBytes, rewrittenBytes, removedPacks } = await collectGroup(stores, groupId, signal);
      const { blocks } = await stores.group(groupId);
      // What is not encrypted yet is rewritten a part at a time.
      if (rewrittenBytes > 0 && (await blocks.use()).plainBytes > 0) this.#garbage.add(groupId);
      if (removedPacks > 0) log.info('space given back', { group: groupId, freedBytes, rewrittenBytes, removedPacks });
    } catch (thrown) {
      if (signal.aborted) return;
      this.#garbage.add(groupId);
      log.warn('garbage of backups cannot be collected', { group: groupId, error: toAppError(thrown).message });
    }
  }
}
