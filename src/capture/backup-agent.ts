import { join } from 'node:path';
import type { AgentHealth } from '../runtime/health.ts';
import type { Log } from '../runtime/log.ts';
import { sleep } from '../runtime/periodic.ts';
import { ProblemLog } from '../runtime/problem-log.ts';
import { StatsReader } from '../runtime/process-stats.ts';
import { Pulse } from '../runtime/pulse.ts';
import { type AgentIdentity, openIdentity } from '../wire/agent-identity.ts';
import { AgentLink } from '../wire/agent-link.ts';
import type { BackupTasksAnswer } from '../wire/backup-messages.ts';
import { ServerClient } from '../wire/client.ts';
import { BackupLink } from './backup-link.ts';
import type { BackupAgentSettings } from './backup-settings.ts';
import { AgentDrills } from './drill/agent-drills.ts';
import { SetCapture } from './set-capture.ts';
import { SetMembers } from './source/set-members.ts';
import { SpoolRoom } from './tail/spool-room.ts';

const longPollSeconds = 10;
const reportEveryMs = 5000;
const minBackOffMs = 1000;
const maxBackOffMs = 30_000;

/** At the end: for what was asked, and to hand over the sets. */
const answersWithinMs = 3000;
/** Each turn of a loop has deadlines of less. */
const stuckAfterMs = 300_000;
const asking = 'asking the server for tasks';
const reporting = 'reporting';

interface AgentParts {
  readonly settings: BackupAgentSettings;
  readonly identity: AgentIdentity;
  readonly room: SpoolRoom;
  readonly log: Log;
  readonly pulse: Pulse;
}

/** The backup agent: has the replica sets that the server gives it by lease, and captures each until the signal aborts. */
export class BackupAgent {
  readonly #settings: BackupAgentSettings;
  readonly #log: Log;
  readonly #pulse: Pulse;
  readonly #asking: ProblemLog;
  readonly #reporting: ProblemLog;
  readonly #stop = new AbortController();
  readonly #identity: AgentIdentity;
  readonly #client: ServerClient;
  readonly #link: BackupLink;
  readonly #room: SpoolRoom;
  readonly #drills: AgentDrills;
  readonly #captures = new Map<string, SetCapture>();
  readonly #stats = new StatsReader();
  readonly #startedAtMs = Date.now();
  readonly #running: Promise<void>[];
  /** Codes of failures of the way to the server that were logged. */
  readonly #serverProblems = new Set<string>();
  /** Ends the waits between two tries. */
  readonly #wake = new AbortController();
  #poll = new AbortController();
  #version = -1;
  /** The next poll answers at once. */
  #stale = false;
  #isKnown = false;
  #closing = false;

  /** Opens the state directory and starts. @throws AppError when the settings or the state directory are unusable. */
  static async start(settings: BackupAgentSettings, log: Log, pulse = new Pulse()): Promise<BackupAgent> {
    const identity = await openIdentity(settings.stateDir, 'oplog that waits there is kept');
    try {
      const room = new SpoolRoom(join(settings.stateDir, 'spool'), settings.maxSpoolBytes, settings.maxBufferMemory);
      await room.open();
      return new BackupAgent({ settings, identity, room, log, pulse });
    } catch (thrown) {
      identity.release();
      throw thrown;
    }
  }

  private constructor({ settings, identity, room, log, pulse }: AgentParts) {
    this.#pulse = pulse;
    this.#settings = settings;
    this.#identity = identity;
    this.#room = room;
    this.#log = log;
    this.#client = new ServerClient(settings);
    const { signal } = this.#stop;
    this.#asking = new ProblemLog(log, asking, this.#serverProblems);
    this.#reporting = new ProblemLog(log, reporting, this.#serverProblems);
    this.#link = new BackupLink(new AgentLink({ client: this.#client, identity, kind: 'backup', signal }));
    this.#drills = new AgentDrills({ link: this.#link, log, target: settings.drillTarget });
    this.#running = [this.#followTasks(), this.#reportAgain()];
  }

  get agentId(): string {
    return this.#identity.agentId;
  }

  health(): AgentHealth {
    const captures = [...this.#captures.values()];
    const { sentBytes, requests, failedRequests } = this.#client.traffic;
    return {
      troubles: [this.#asking.trouble, this.#reporting.trouble, ...captures.map(({ trouble }) => trouble)].filter(
        (trouble) => trouble !== undefined,
      ),
      facts: Object.fromEntries(captures.map((capture) => [`set ${capture.name}`, capture.report().state])),
      gauges: {
        replicaSets: captures.length,
        spoolBytes: this.#room.usedBytes,
        spoolLimitBytes: this.#room.limitBytes,
        ...(this.#room.freeBytes === null ? {} : { diskFreeBytes: this.#room.freeBytes }),
      },
      counters: { sentBytes, requests, failedRequests },
    };
  }

  /** Ends all captures and connections; slices that wait stay on disk, and the sets go to another agent. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#poll.abort();
    this.#wake.abort();
    // A server that does not answer must not hold up the end.
    const late = setTimeout(() => this.#stop.abort(new Error('the agent stops')), answersWithinMs);
    await Promise.all(this.#running);
    await Promise.all([...[...this.#captures.values()].map((capture) => capture.close()), this.#drills.close()]);
    // Its failure costs the other agents the time of a lease, no more.
    if (this.#isKnown) await this.#link.leave().catch(() => undefined);
    for (const loop of [asking, reporting]) this.#pulse.rest(loop);
    clearTimeout(late);
    this.#stop.abort(new Error('the agent stops'));
    await this.#client.close();
    this.#identity.release();
  }

  /** The long poll: which sets this agent has, and what is to be done with each. */
  async #followTasks(): Promise<void> {
    const problem = this.#asking;
    let backOffMs = minBackOffMs;
    while (!this.#closing) {
      this.#pulse.beat(asking, stuckAfterMs);
      try {
        if (!this.#isKnown) await this.#link.hello();
        this.#isKnown = true;
        this.#poll = new AbortController();
        if (this.#closing) return;
        const version = this.#stale ? -1 : this.#version;
        this.#stale = false;
        const answer = await this.#link.tasks(version, longPollSeconds, this.#poll.signal);
        problem.worked();
        backOffMs = minBackOffMs;
        this.#version = answer.version;
        await this.#apply(answer);
      } catch (thrown) {
        // Cut short because something is known to have changed.
        if (this.#closing || this.#poll.signal.aborted) continue;
        problem.failed(thrown);
        await sleep(backOffMs * (0.5 + Math.random() / 2), this.#wake.signal);
        backOffMs = Math.min(maxBackOffMs, backOffMs * 2);
        // A server that came back anew should learn of this agent before anything else.
        this.#isKnown = false;
      }
    }
  }

  async #apply({ tasks, drills, blockKey, compressionLevel }: BackupTasksAnswer): Promise<void> {
    this.#drills.update(drills);
    for (const [id, capture] of this.#captures) {
      const task = tasks.find(({ replicaSetId }) => replicaSetId === id);
      if (task !== undefined && task.epoch === capture.epoch && !capture.isOver) continue;
      this.#captures.delete(id);
      this.#log.info('a replica set is no longer captured here', { replicaSet: id });
      await capture.close();
    }
    for (const task of tasks) {
      const known = this.#captures.get(task.replicaSetId);
      if (known !== undefined) {
        await known.update(task);
        continue;
      }
      const log = this.#log.with({ set: task.name });
      log.info('capturing a replica set', { epoch: task.epoch, checkpoint: task.checkpoint?.ts ?? 'none' });
      const members = new SetMembers(
        { setName: task.name, settings: this.#settings, identity: this.#identity },
        task.members,
      );
      const capture = new SetCapture(
        {
          members,
          room: this.#room,
          link: this.#link,
          log,
          problems: this.#serverProblems,
          blockKey: Buffer.from(blockKey, 'base64'),
          level: compressionLevel,
          pulse: this.#pulse,
          refresh: () => this.#refresh(),
        },
        task,
      );
      this.#captures.set(task.replicaSetId, capture);
    }
  }

  #refresh(): void {
    this.#stale = true;
    this.#poll.abort();
  }

  async #reportAgain(): Promise<void> {
    const problem = this.#reporting;
    while (await sleep(reportEveryMs, this.#wake.signal)) {
      this.#pulse.beat(reporting, stuckAfterMs);
      if (!this.#isKnown) continue;
      try {
        const stats = await this.#stats.read();
        const { rssAnonBytes } = stats;
        await this.#link.report({
          agent: {
            cpuPercent: stats.cpuPercent,
            rssBytes: stats.rssBytes,
            ...(rssAnonBytes === undefined ? {} : { rssAnonBytes }),
            startedAtMs: this.#startedAtMs,
            sentBytes: this.#client.traffic.sentBytes,
            drillTarget: this.#settings.drillTarget?.name ?? null,
          },
          tasks: [...this.#captures.values()].map((capture) => capture.report()),
        });
        problem.worked();
      } catch (thrown) {
        problem.failed(thrown);
      }
    }
  }
}
