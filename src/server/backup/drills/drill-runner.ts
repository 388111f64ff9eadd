import { AppError } from '../../../runtime/errors.ts';
import { sleep } from '../../../runtime/periodic.ts';
import type { VaultService } from '../../../vault/ports.ts';
import type { BackupSet, Snapshot } from '../../../wire/api/backups.ts';
import type {
  BackupTasksAnswer,
  DrillOutcome,
  DrillProgress,
  DrillProgressRequest,
  DrillResultRequest,
} from '../../../wire/backup-messages.ts';
import type { ServerBase } from '../../context.ts';
import { ifRoom } from '../../if-room.ts';
import { newId } from '../../new-id.ts';
import type { BackupDrill } from '../ports.ts';
import type { KnownSet } from '../set-book.ts';
import type { SetLeases } from '../set-leases.ts';
import type { OpenView, ViewBook } from '../view-book.ts';
import { withProgressOf } from './check-progress.ts';
import type { DrillBook } from './drill-book.ts';
import { checkOutcome, notOpened } from './drill-outcome.ts';
import { type ChosenAgent, DrillTargets } from './drill-targets.ts';

interface RunnerParts {
  readonly context: ServerBase;
  readonly vault: VaultService;
  readonly leases: SetLeases;
  readonly views: ViewBook;
  readonly book: DrillBook;
  /** Tasks and pages look again. */
  readonly changed: (groupId: string) => void;
}

/** At an agent, and not over yet. */
interface Running {
  readonly drillId: string;
  readonly agentId: string;
  readonly view: OpenView;
  readonly done: (outcome: DrillOutcome) => void;
}

interface UnderWay {
  readonly startedAtMs: number;
  readonly snapshotAtMs: number;
  readonly target: string | null;
  readonly agentId: string | null;
  readonly progress: DrillProgress | null;
}
interface AskedDrill {
  readonly replicaSetId: string;
  readonly drillId: string;
}

/** A drill that takes longer has failed what it is for. */
const longestMs = 48 * 3_600_000;
const lookEveryMs = 1000;

/**
 * Tries out restores: by an agent that has a target in its own settings, the one that holds the set if it does; where none has, the store is
 * read alone.
 * One at a time in a group: its agents may share a target. In memory: a drill that a restart of the server cuts off is due again.
 */
export class DrillRunner {
  readonly #parts: RunnerParts;
  readonly #targets: DrillTargets;
  readonly #running = new Map<string, Running>();
  readonly #turns = new Map<string, Promise<unknown>>();
  readonly #underWay = new Map<string, UnderWay>();

  constructor(parts: RunnerParts) {
    this.#parts = parts;
    this.#targets = new DrillTargets(parts.context.clock, parts.leases);
  }

  /** An agent says where it restores drills to. */
  noteTarget(groupId: string, agentId: string, target: string | null): void {
    this.#targets.note(groupId, agentId, target);
  }

  /** The agent stops. */
  left(groupId: string, agentId: string): void {
    this.#targets.forget(groupId, agentId);
  }

  /** The drills that this agent has to run. */
  tasksOf(groupId: string, agentId: string): BackupTasksAnswer['drills'] {
    return [...this.#running.values()].flatMap(({ agentId: runner, drillId, view }) =>
      runner === agentId && view.groupId === groupId ? [{ replicaSetId: view.replicaSetId, drillId }] : [],
    );
  }

  /** A drill of this set is tried out now, by an agent or in the store. */
  isUnderWay(groupId: string, replicaSetId: string): boolean {
    return this.#underWay.has(`${groupId}/${replicaSetId}`);
  }

  /** Where it goes and how far it is. */
  underWay(groupId: string, replicaSetId: string): BackupSet['drillUnderWay'] {
    const found = this.#underWay.get(`${groupId}/${replicaSetId}`);
    return found === undefined ? null : { ...found };
  }

  /** What the drill reads. @throws NOT_FOUND when it is over, or another agent's */
  view(groupId: string, agentId: string, asked: AskedDrill): OpenView {
    return this.#require(groupId, agentId, asked).view;
  }

  /** @throws NOT_FOUND when it is over, or another agent's */
  note(groupId: string, agentId: string, message: DrillProgressRequest): void {
    this.#require(groupId, agentId, message);
    this.#tellProgress(groupId, message.replicaSetId, message.progress);
  }

  #tellProgress(groupId: string, replicaSetId: string, progress: DrillProgress): void {
    const key = `${groupId}/${replicaSetId}`;
    const before = this.#underWay.get(key);
    if (before !== undefined) this.#underWay.set(key, { ...before, progress });
    this.#parts.context.hub.publish(groupId, { type: 'backups' });
  }

  /** @throws NOT_FOUND when it is over, or another agent's */
  end(groupId: string, agentId: string, message: DrillResultRequest): void {
    const { ok, message: words, documents, bytes } = message;
    this.#require(groupId, agentId, message).done({ ok, message: words, documents, bytes });
  }

  /**
   * Tries out the newest snapshot and writes down how it ended.
   * @throws CONFLICT without a snapshot, TIMEOUT when the agent went away: nothing is written down then
   */
  run(groupId: string, set: KnownSet): Promise<BackupDrill> {
    const before = this.#turns.get(groupId) ?? Promise.resolve();
    const key = `${groupId}/${set.replicaSetId}`;
    const running = before
      .then(() => {
        const startedAtMs = this.#parts.context.clock.now();
        this.#underWay.set(key, {
          startedAtMs,
          snapshotAtMs: startedAtMs,
          target: null,
          agentId: null,
          progress: null,
        });
        return this.#run(groupId, set);
      })
      .finally(() => {
        this.#underWay.delete(key);
        this.#parts.changed(groupId);
      });
    this.#turns.set(
      groupId,
      running.catch(() => {}),
    );
    return running;
  }

  async #run(groupId: string, set: KnownSet): Promise<BackupDrill> {
    const { context, vault, book } = this.#parts;
    const { replicaSetId, name } = set;
    context.signal.throwIfAborted();
    const snapshot = newestOf(await vault.snapshots(groupId, replicaSetId));
    if (snapshot === undefined) {
      throw new AppError('CONFLICT', `${name} has no snapshot yet`, {
        hint: 'The first is there when the initial sync is done: see "leafward backup status".',
      });
    }
    const began = performance.now();
    const chosen = await this.#targets.choose(groupId, replicaSetId, context.signal);
    this.#began(`${groupId}/${replicaSetId}`, snapshot, chosen);
    const outcome =
      chosen === null
        ? await this.#inStore(groupId, replicaSetId, snapshot.id)
        : await this.#atAgent(groupId, set, snapshot, chosen.agentId);
    const drill = {
      id: newId('d'),
      atMs: context.clock.now(),
      snapshotId: snapshot.id,
      snapshotAtMs: snapshot.atMs,
      ...outcome,
      tookMs: Math.round(performance.now() - began),
      target: chosen?.target ?? null,
    };
    await book.add(groupId, replicaSetId, drill);
    await this.#tell(groupId, set, drill);
    return drill;
  }

  /** Reads the store alone, and says meanwhile how far that is. */
  async #inStore(groupId: string, replicaSetId: string, snapshotId: string): Promise<DrillOutcome> {
    const { vault, context } = this.#parts;
    const told = (progress: DrillProgress): void => this.#tellProgress(groupId, replicaSetId, progress);
    const check = vault.checkSnapshot(groupId, replicaSetId, snapshotId);
    const checked = check.then(
      () => {},
      () => {},
    );
    await withProgressOf(() => vault.checkProgress(groupId, replicaSetId), {
      told,
      until: checked,
      signal: context.signal,
    });
    try {
      return checkOutcome(await check);
    } catch (thrown) {
      // Already what says which collections there are cannot be read.
      return notOpened(thrown, 'Cannot be read');
    }
  }

  async #atAgent(groupId: string, set: KnownSet, snapshot: Snapshot, agentId: string): Promise<DrillOutcome> {
    const { views, changed } = this.#parts;
    const key = `${groupId}/${set.replicaSetId}`;
    let view: OpenView;
    try {
      view = await views.open(groupId, set.replicaSetId, { snapshotId: snapshot.id }, { packed: true });
    } catch (thrown) {
      return notOpened(thrown, 'The snapshot cannot be opened');
    }
    const { promise, resolve } = Promise.withResolvers<DrillOutcome>();
    this.#running.set(key, { drillId: newId('d'), agentId, view, done: resolve });
    changed(groupId);
    try {
      return await this.#result(groupId, set, agentId, promise);
    } finally {
      this.#running.delete(key);
      changed(groupId);
      await views.close(view);
    }
  }

  /** @throws TIMEOUT when the agent has lost the set, or the server stops */
  async #result(groupId: string, set: KnownSet, agentId: string, result: Promise<DrillOutcome>): Promise<DrillOutcome> {
    const { context, vault, leases } = this.#parts;
    const endMs = performance.now() + longestMs;
    const over = new AbortController();
    const signal = AbortSignal.any([over.signal, context.signal]);
    try {
      for (;;) {
        const outcome = await Promise.race([result, sleep(lookEveryMs, signal)]);
        if (typeof outcome === 'object') return outcome;
        context.signal.throwIfAborted();
        const kept = await vault.set(groupId, set.replicaSetId);
        const isGone = kept === undefined || kept.standing === 'terminating';
        if (isGone || !(await leases.live(groupId)).includes(agentId)) {
          throw new AppError('TIMEOUT', `the backup agent that ran the drill of ${set.name} is gone`, {
            hint: 'Run it again when an agent with a drillTarget is back; a scheduled one is tried again within the hour.',
            retryable: true,
          });
        }
        if (performance.now() < endMs) continue;
        return { ok: false, message: 'The restore did not end within 48 hours.', documents: 0, bytes: 0 };
      }
    } finally {
      over.abort();
    }
  }

  #began(key: string, { atMs }: Snapshot, chosen: ChosenAgent | null): void {
    const before = this.#underWay.get(key);
    if (before === undefined) return;
    const { agentId, target } = chosen ?? { agentId: null, target: null };
    this.#underWay.set(key, { ...before, snapshotAtMs: atMs, agentId, target });
  }

  #require(groupId: string, agentId: string, { replicaSetId, drillId }: AskedDrill): Running {
    const running = this.#running.get(`${groupId}/${replicaSetId}`);
    if (running?.drillId === drillId && running.agentId === agentId) return running;
    throw new AppError('NOT_FOUND', `the drill ${drillId} is over, or was given up`);
  }

  async #tell(groupId: string, { replicaSetId, name }: KnownSet, drill: BackupDrill): Promise<void> {
    const { context, changed } = this.#parts;
    const subject = { kind: 'set', id: replicaSetId, label: name } as const;
    const where = drill.target === null ? 'of the store alone' : `into ${drill.target}`;
    const message = `The restore drill of ${name} ${where} ${drill.ok ? 'passed' : 'failed'}: ${drill.message}`;
    const kind = drill.ok ? 'drillPassed' : 'drillFailed';
    await ifRoom(
      context.stores.events.appendEvents([{ id: newId('e'), groupId, atMs: drill.atMs, kind, subject, message }]),
    );
    context.hub.publish(groupId, { type: 'events' });
    changed(groupId);
  }
}

function newestOf(snapshots: readonly Snapshot[]): Snapshot | undefined {
  return snapshots.toSorted((a, b) => a.atMs - b.atMs).at(-1);
}
