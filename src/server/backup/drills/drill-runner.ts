import { AppError, toAppError } from '../../../runtime/errors.ts';
import { sleep } from '../../../runtime/periodic.ts';
import type { SnapshotCheck, VaultService } from '../../../vault/ports.ts';
import type { Snapshot } from '../../../wire/api/backups.ts';
import type { BackupTask, DrillOutcome, DrillResultRequest } from '../../../wire/backup-messages.ts';
import type { ServerBase } from '../../context.ts';
import { ifRoom } from '../../if-room.ts';
import { newId } from '../../new-id.ts';
import type { BackupDrill } from '../ports.ts';
import type { KnownSet } from '../set-book.ts';
import type { SetLeases } from '../set-leases.ts';
import type { OpenView, ViewBook } from '../view-book.ts';
import type { DrillBook } from './drill-book.ts';

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

/** A drill that takes longer has failed what it is for. */
const longestMs = 48 * 3_600_000;
const lookEveryMs = 1000;
/** Agents report every 5 s. */
const firstReportMs = 15_000;

/**
 * Tries out restores: by the agent that holds the set, into the target of its own settings; where it has none the store is read alone.
 * One at a time in a group: its agents may share a target. In memory: a drill that a restart of the server cuts off is due again.
 */
export class DrillRunner {
  readonly #parts: RunnerParts;
  readonly #targets = new Map<string, string | null>();
  readonly #running = new Map<string, Running>();
  readonly #turns = new Map<string, Promise<unknown>>();
  readonly #underWay = new Set<string>();

  constructor(parts: RunnerParts) {
    this.#parts = parts;
  }

  /** An agent says where it restores drills to. */
  noteTarget(groupId: string, agentId: string, target: string | null): void {
    this.#targets.set(`${groupId}/${agentId}`, target);
  }

  /** What the task of this set says of a drill to the agent. */
  taskOf(groupId: string, replicaSetId: string, agentId: string): BackupTask['drill'] {
    const running = this.#running.get(`${groupId}/${replicaSetId}`);
    return running?.agentId === agentId ? { drillId: running.drillId } : undefined;
  }

  /** A drill of this set is tried out now, by an agent or in the store. */
  isUnderWay(groupId: string, replicaSetId: string): boolean {
    return this.#underWay.has(`${groupId}/${replicaSetId}`);
  }

  /** What the drill reads. @throws NOT_FOUND when it is over */
  view(groupId: string, { replicaSetId, drillId }: { replicaSetId: string; drillId: string }): OpenView {
    return this.#require(groupId, replicaSetId, drillId).view;
  }

  /** @throws NOT_FOUND when it is over */
  end(groupId: string, { replicaSetId, drillId, ok, message, documents, bytes }: DrillResultRequest): void {
    this.#require(groupId, replicaSetId, drillId).done({ ok, message, documents, bytes });
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
        this.#underWay.add(key);
        return this.#run(groupId, set);
      })
      .finally(() => this.#underWay.delete(key));
    this.#turns.set(
      groupId,
      running.catch(() => {}),
    );
    return running;
  }

  async #run(groupId: string, set: KnownSet): Promise<BackupDrill> {
    const { context, vault, leases, book } = this.#parts;
    const { replicaSetId, name } = set;
    context.signal.throwIfAborted();
    const snapshot = newestOf(await vault.snapshots(groupId, replicaSetId));
    if (snapshot === undefined) {
      throw new AppError('CONFLICT', `${name} has no snapshot yet`, {
        hint: 'The first is there when the initial sync is done: see "leafward backup status".',
      });
    }
    const began = performance.now();
    const holder = set.kept?.standing === 'active' ? await leases.holder(groupId, replicaSetId) : null;
    const target = holder === null ? null : await this.#targetOf(groupId, holder);
    const outcome =
      holder === null || target === null
        ? checkOutcome(await vault.checkSnapshot(groupId, replicaSetId, snapshot.id))
        : await this.#atAgent(groupId, set, snapshot, holder);
    const drill = {
      id: newId('d'),
      atMs: context.clock.now(),
      snapshotId: snapshot.id,
      snapshotAtMs: snapshot.atMs,
      ...outcome,
      tookMs: Math.round(performance.now() - began),
      target,
    };
    await book.add(groupId, replicaSetId, drill);
    await this.#tell(groupId, set, drill);
    return drill;
  }

  /** An agent that has just come, or a server that was just started: the next report is waited for. */
  async #targetOf(groupId: string, agentId: string): Promise<string | null> {
    const { signal } = this.#parts.context;
    const endMs = performance.now() + firstReportMs;
    for (;;) {
      const target = this.#targets.get(`${groupId}/${agentId}`);
      if (target !== undefined) return target;
      if (performance.now() > endMs || !(await sleep(lookEveryMs, signal))) return null;
    }
  }

  async #atAgent(groupId: string, set: KnownSet, snapshot: Snapshot, agentId: string): Promise<DrillOutcome> {
    const { views, changed } = this.#parts;
    const key = `${groupId}/${set.replicaSetId}`;
    let view: OpenView;
    try {
      view = await views.open(groupId, set.replicaSetId, { snapshotId: snapshot.id });
    } catch (thrown) {
      const { code, message } = toAppError(thrown);
      if (code !== 'STORE_CORRUPT' && code !== 'FORMAT_INVALID') throw thrown;
      return { ok: false, message: `The snapshot cannot be opened: ${message}`, documents: 0, bytes: 0 };
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
        if (kept?.standing !== 'active' || (await leases.holder(groupId, set.replicaSetId)) !== agentId) {
          throw new AppError('TIMEOUT', `the backup agent that ran the drill of ${set.name} has it no more`, {
            hint: 'Run it again when an agent has the set; a scheduled one is tried again within the hour.',
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

  #require(groupId: string, replicaSetId: string, drillId: string): Running {
    const running = this.#running.get(`${groupId}/${replicaSetId}`);
    if (running?.drillId === drillId) return running;
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

const mostNamed = 3;

function checkOutcome({ collections, documents, bytes, damage }: SnapshotCheck): DrillOutcome {
  if (damage.length === 0) {
    const message = `Every block of ${collections} collections was read: ${documents} documents. No agent with a drillTarget has the set, so nothing was restored.`;
    return { ok: true, message, documents, bytes };
  }
  const named = damage.slice(0, mostNamed).map(({ namespace, why }) => `${namespace}: ${why}`);
  const more = damage.length > mostNamed ? ` and ${damage.length - mostNamed} more collections` : '';
  return { ok: false, message: `Cannot be read: ${named.join('; ')}${more}`, documents, bytes };
}
