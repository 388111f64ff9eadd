import { NamespaceFilter } from '../model/namespace-filter.ts';
import { AppError, toAppError } from '../runtime/errors.ts';
import { periodic } from '../runtime/periodic.ts';
import type { EngineParts } from './engine-parts.ts';
import { foldAtBytes } from './fold-chunk.ts';
import { namespaceOf } from './fold-state.ts';
import type { FoldOutcome } from './folder.ts';
import type { StoredSet, StoredSnapshot } from './metadata-ports.ts';
import { SetBook } from './set-book.ts';
import { Upkeep } from './upkeep-loop.ts';

const tickMs = 1000;
/** A fold that stands still is tried again so often: a newer version may know the entry. */
const retryMs = 10 * 60_000;
/** After any failure, a full disk for one. */
const afterFailureMs = 30_000;

/** What a vault does by itself: folds, snapshots by schedule, upkeep. */
export class Background {
  readonly #options: EngineParts;
  readonly #stopped = new AbortController();
  /** Oplog that came since the last fold, by set; a set that is not here is looked at once. */
  readonly #unfolded = new Map<string, number>();
  readonly #woken = new Set<string>();
  readonly #triedAtMs = new Map<string, number>();
  readonly #failedAtMs = new Map<string, number>();
  readonly #sets: SetBook;
  #running: Promise<unknown> | undefined;

  constructor(options: EngineParts) {
    this.#options = options;
    this.#sets = new SetBook(options.stores);
  }

  get signal(): AbortSignal {
    return this.#stopped.signal;
  }

  start(): void {
    const { log } = this.#options;
    for (const { replicaSetId } of this.#options.stores.metadata.sets()) this.#woken.add(replicaSetId);
    const folding = periodic(() => this.#tick(), {
      intervalMs: tickMs,
      signal: this.#stopped.signal,
      onError: (thrown) => log.warn('work on backups failed', { error: toAppError(thrown).message }),
    });
    this.#running = Promise.all([folding, new Upkeep(this.#options).run(this.#stopped.signal)]);
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#running;
  }

  /** There may be something to fold. */
  wake(replicaSetId: string): void {
    this.#woken.add(replicaSetId);
  }

  arrived(replicaSetId: string, bytes: number): void {
    this.#unfolded.set(replicaSetId, (this.#unfolded.get(replicaSetId) ?? 0) + bytes);
  }

  /** Folds up to the newest slice and keeps that point. @throws NOT_RESTORABLE before the first scan's end */
  async takeSnapshot(replicaSetId: string): Promise<StoredSnapshot> {
    const { snapshot } = await this.#fold(replicaSetId, true, 'demand');
    if (snapshot !== null) return snapshot;
    throw new AppError('NOT_RESTORABLE', 'there is nothing to keep yet: the initial sync is not done', {
      hint: 'Wait until the set is protected; the first snapshot is then made by itself.',
    });
  }

  async #tick(): Promise<void> {
    const { stores, log } = this.#options;
    for (const set of stores.metadata.sets()) {
      if (this.#stopped.signal.aborted) return;
      try {
        await this.#foldWhenDue(set);
      } catch (thrown) {
        if (!this.#stopped.signal.aborted)
          log.warn('a fold failed', { replicaSet: set.name, error: toAppError(thrown).message });
      }
    }
  }

  async #foldWhenDue(set: StoredSet): Promise<void> {
    const { stores } = this.#options;
    const { replicaSetId } = set;
    const now = stores.clock.now();
    if (set.standing === 'terminating') return;
    if (set.includesMore && set.nextSnapshotAtMs !== null) this.#sets.wantMissing(set, null);
    if (set.foldProblem !== null && now - (this.#triedAtMs.get(replicaSetId) ?? 0) < retryMs) return;
    const due = set.standing === 'active' && set.nextSnapshotAtMs !== null && set.nextSnapshotAtMs <= now;
    const waiting = await this.#scanEnds(set);
    const much = (this.#unfolded.get(replicaSetId) ?? 0) >= foldAtBytes;
    if (!due && !waiting && !much && !this.#woken.has(replicaSetId)) return;
    if (now - (this.#failedAtMs.get(replicaSetId) ?? 0) < afterFailureMs) return;
    this.#woken.delete(replicaSetId);
    this.#triedAtMs.set(replicaSetId, now);
    await this.#fold(replicaSetId, due, due ? 'schedule' : null);
  }

  /** All slices up to the end of a scan are here. */
  async #scanEnds({ replicaSetId, groupId }: StoredSet): Promise<boolean> {
    const { stores } = this.#options;
    const scan = stores.metadata.scans(replicaSetId).find(({ state }) => state === 'finished' || state === 'begun');
    if (scan?.until == null) return false;
    const last = await (await stores.group(groupId)).slices.last(replicaSetId);
    return last !== null && last.last.ts >= scan.until.ts;
  }

  #fold(replicaSetId: string, all: boolean, snapshot: StoredSnapshot['reason'] | null): Promise<FoldOutcome> {
    const { folder, turns } = this.#options;
    return turns.take(`fold ${replicaSetId}`, async () => {
      const unfolded = this.#unfolded.get(replicaSetId) ?? 0;
      this.#unfolded.set(replicaSetId, 0);
      try {
        const outcome = await folder.fold(replicaSetId, { all, snapshot, signal: this.#stopped.signal });
        this.#wantMissing(replicaSetId, outcome);
        this.#note(replicaSetId, null);
        return outcome;
      } catch (thrown) {
        this.arrived(replicaSetId, unfolded);
        this.#failedAtMs.set(replicaSetId, this.#options.stores.clock.now());
        if (!this.#stopped.signal.aborted) this.#note(replicaSetId, toAppError(thrown));
        throw thrown;
      }
    });
  }

  /** Collections that came into view, by a rename or by a setting, are copied. */
  #wantMissing(replicaSetId: string, { point }: FoldOutcome): void {
    const { metadata } = this.#options.stores;
    const set = metadata.set(replicaSetId);
    if (set === undefined || point === null || point.hidden) return;
    const filter = new NamespaceFilter(set.settings.filter);
    const missing = metadata
      .collectionsAt(replicaSetId, point.optime.ts)
      .filter(({ info, incomplete }) => incomplete && filter.keeps(namespaceOf(info)));
    if (missing.length > 0)
      this.#sets.wantMissing(
        set,
        missing.map(({ info }) => info.uuid),
      );
  }

  /** Entries that nobody knows and damaged slices stop the chain of snapshots, loudly, until they can be read. */
  #note(replicaSetId: string, error: AppError | null): void {
    const { stores, log } = this.#options;
    const set = stores.metadata.set(replicaSetId);
    if (set === undefined || (error === null && set.foldProblem === null)) return;
    if (error === null) {
      log.info('snapshots go on', { replicaSet: set.name });
      return stores.metadata.saveSet({ ...set, foldProblem: null });
    }
    if (!stops.has(error.code)) return;
    const { code, message, hint, details } = error;
    const sinceMs = set.foldProblem?.sinceMs ?? stores.clock.now();
    const optime = typeof details['optime'] === 'string' ? details['optime'] : null;
    stores.metadata.saveSet({ ...set, foldProblem: { code, message, hint, sinceMs, optime } });
    if (set.foldProblem === null)
      log.warn('no snapshots can be made; capture goes on', { replicaSet: set.name, code, message });
  }
}

/** What does not mend itself. */
const stops: ReadonlySet<string> = new Set([
  'OPLOG_UNKNOWN',
  'TRANSACTIONS_TOO_LARGE',
  'FORMAT_INVALID',
  'STORE_CORRUPT',
  'INTERNAL',
]);
