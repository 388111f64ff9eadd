import { join } from 'node:path';
import { Flattener } from '../deployment/flatten-bson.ts';
import { toAppError } from '../runtime/errors.ts';
import type { AgentHealth } from '../runtime/health.ts';
import type { Log } from '../runtime/log.ts';
import { sleep } from '../runtime/periodic.ts';
import { ProblemLog } from '../runtime/problem-log.ts';
import { StatsReader } from '../runtime/process-stats.ts';
import { Pulse } from '../runtime/pulse.ts';
import { type AgentIdentity, openIdentity } from '../wire/agent-identity.ts';
import type { AgentOrder, HostDocument, SettingsAnswer } from '../wire/agent-messages.ts';
import { ServerClient } from '../wire/client.ts';
import type { MonitoringAgentSettings } from './agent-settings.ts';
import { ownSample } from './agent-stats.ts';
import { answerOrder } from './answer-order.ts';
import { describeClusters } from './cluster-view.ts';
import { EventNotes } from './event-notes.ts';
import { LastSettings } from './last-settings.ts';
import { Outbox } from './outbox.ts';
import { OutboxDisk } from './outbox-disk.ts';
import { PastBook } from './past-book.ts';
import { PollWatch } from './poll-watch.ts';
import { RawReplies } from './raw-replies.ts';
import { SchemaBook } from './sample-schema.ts';
import { Sender } from './sender.ts';
import { ServerLink } from './server-link.ts';
import { TargetSet } from './target-set.ts';

const longPollSeconds = 10;
const minBackOffMs = 1000;
const maxBackOffMs = 30_000;
/** Each turn of a loop has deadlines of less. */
const stuckAfterMs = 180_000;
const asking = 'asking the server for settings';
const reporting = 'reporting';

interface AgentParts {
  readonly settings: MonitoringAgentSettings;
  readonly identity: AgentIdentity;
  readonly client: ServerClient;
  readonly outbox: Outbox;
  readonly log: Log;
  readonly pulse: Pulse;
}

/** The monitoring agent: learns its targets from the server, polls them, and sends what it finds until the signal aborts. */
export class MonitoringAgent {
  readonly #log: Log;
  readonly #pulse: Pulse;
  readonly #asking: ProblemLog;
  readonly #reporting: ProblemLog;
  readonly #sender: Sender;
  readonly #polls: PollWatch;
  readonly #stop = new AbortController();
  readonly #identity: AgentIdentity;
  readonly #client: ServerClient;
  readonly #link: ServerLink;
  readonly #outbox: Outbox;
  readonly #lastSettings: LastSettings;
  readonly #replies = new RawReplies();
  readonly #events = new EventNotes();
  readonly #schemas = new SchemaBook();
  readonly #stats = new StatsReader();
  readonly #targets: TargetSet;
  readonly #startedAtMs = Date.now();
  readonly #running: Promise<void>[] = [];
  /** Codes of failures of the way to the server that were logged. */
  readonly #serverProblems = new Set<string>();
  #documents: HostDocument[] = [];
  #settings: SettingsAnswer | undefined;

  /** Opens the state directory and starts. @throws AppError when the settings or the state directory are unusable. */
  static async start(settings: MonitoringAgentSettings, log: Log, pulse = new Pulse()): Promise<MonitoringAgent> {
    const identity = await openIdentity(settings.stateDir);
    try {
      const disk = new OutboxDisk(join(settings.stateDir, 'outbox'), settings.maxOutboxBytes);
      await disk.open();
      const client = new ServerClient(settings);
      const { maxBufferMemory: memoryBytes } = settings;
      const outbox = new Outbox({ disk, ...(memoryBytes === undefined ? {} : { memoryBytes }) });
      return new MonitoringAgent({ settings, identity, client, outbox, log, pulse });
    } catch (thrown) {
      identity.release();
      throw thrown;
    }
  }

  private constructor({ settings, identity, client, outbox, log, pulse }: AgentParts) {
    const { signal } = this.#stop;
    this.#log = log;
    this.#pulse = pulse;
    this.#polls = new PollWatch(pulse);
    this.#identity = identity;
    this.#client = client;
    this.#outbox = outbox;
    this.#lastSettings = new LastSettings(join(settings.stateDir, 'last-settings.json'), settings);
    this.#link = new ServerLink(client, identity, signal);
    this.#targets = new TargetSet({
      settings,
      identity,
      log,
      onDocument: (document) => this.#documents.push(document),
      past: settings.importDiagnosticData
        ? { book: new PastBook(join(settings.stateDir, 'past.json')), link: this.#link, log }
        : undefined,
      share: {
        outbox,
        replies: this.#replies,
        events: this.#events,
        flattener: new Flattener(),
        schemas: this.#schemas,
        log,
        primaryWindows: new Map(),
        logins: settings.logins,
        epoch: () => this.#settings?.epoch ?? 0,
        watch: this.#polls,
      },
    });
    this.#asking = new ProblemLog(log, asking, this.#serverProblems);
    this.#reporting = new ProblemLog(log, reporting, this.#serverProblems);
    const problem = new ProblemLog(log, 'sending samples', this.#serverProblems);
    const lingerMs = (): number => this.#lingerMs();
    this.#sender = new Sender({ outbox, link: this.#link, log, problem, signal, pulse, lingerMs });
    this.#running.push(this.#followSettings(), this.#reportAgain(), this.#sender.run());
  }

  get agentId(): string {
    return this.#identity.agentId;
  }

  health(): AgentHealth {
    const reports = this.#targets.reports();
    const role = this.#settings?.role ?? 'waits for the server';
    const { sentBytes, requests, failedRequests } = this.#client.traffic;
    return {
      troubles: [this.#asking.trouble, this.#reporting.trouble, ...this.#sender.troubles].filter(
        (trouble) => trouble !== undefined,
      ),
      facts: { role },
      gauges: {
        hosts: role === 'active' ? (this.#settings?.targets.length ?? 0) : 0,
        hostsUnreachable: reports.filter(({ reachable }) => !reachable).length,
        waitingSamples: this.#outbox.samples,
        waitingBytes: this.#outbox.bytes,
      },
      counters: { ...this.#polls.tally, lostSamples: this.#outbox.lostSamples, sentBytes, requests, failedRequests },
    };
  }

  /** Ends all loops and connections; samples that wait go to disk. */
  async close(): Promise<void> {
    this.#stop.abort(new Error('the agent stops'));
    await this.#targets.close();
    await Promise.allSettled(this.#running);
    for (const loop of [asking, reporting, 'sending samples']) this.#pulse.rest(loop);
    try {
      await this.#outbox.spill();
    } catch (thrown) {
      this.#log.error('samples that wait cannot be put on disk', { error: toAppError(thrown).message });
    }
    await this.#client.close();
    this.#identity.release();
  }

  #lingerMs(): number {
    return Math.min(1000, (this.#settings?.intervalMs ?? 1000) / 5);
  }

  /** The long poll: targets, intervals, role and orders. What the server said last holds while it is away. */
  async #followSettings(): Promise<void> {
    const { signal } = this.#stop;
    const problem = this.#asking;
    let isNew = true;
    let backOffMs = minBackOffMs;
    while (!signal.aborted) {
      this.#pulse.beat(asking, stuckAfterMs);
      try {
        if (isNew) {
          await this.#link.hello();
          isNew = false;
        }
        const answer = await this.#link.settings(this.#settings?.version ?? -1, longPollSeconds);
        problem.worked();
        backOffMs = minBackOffMs;
        await this.#apply(answer);
        await this.#keep(answer);
      } catch (thrown) {
        if (signal.aborted) return;
        problem.failed(thrown);
        if (this.#settings === undefined && toAppError(thrown).code === 'SERVER_UNREACHABLE')
          await this.#goOnAsBefore();
        await sleep(backOffMs * (0.5 + Math.random() / 2), signal);
        backOffMs = Math.min(maxBackOffMs, backOffMs * 2);
        // A server that came back anew should learn of this agent before anything else.
        isNew = true;
      }
    }
  }

  /** The server cannot be reached right after the start: the hosts of last time are polled, their samples wait. */
  async #goOnAsBefore(): Promise<void> {
    const answer = await this.#lastSettings.recall();
    if (answer?.role !== 'active') return;
    this.#log.warn('the server is away: going on with the hosts of last time', { hosts: answer.targets.length });
    await this.#apply(answer);
  }

  async #keep(answer: SettingsAnswer): Promise<void> {
    try {
      await this.#lastSettings.keep(answer);
    } catch (thrown) {
      this.#log.warn('the settings of the server cannot be kept', { error: toAppError(thrown).message });
    }
  }

  async #apply(answer: SettingsAnswer): Promise<void> {
    const before = this.#settings;
    this.#settings = answer;
    if (before?.role !== answer.role) {
      this.#log.info(answer.role === 'active' ? 'this agent is active' : 'this agent stands by', {
        epoch: answer.epoch,
        hosts: answer.targets.length,
      });
    }
    await this.#targets.apply(answer);
    for (const order of answer.orders) this.#obey(order);
  }

  /** Orders run beside everything else and never hold it up. */
  #obey(order: AgentOrder): void {
    const parts = { targets: this.#targets, replies: this.#replies, link: this.#link, signal: this.#stop.signal };
    answerOrder(order, parts).catch((thrown: unknown) => {
      if (!this.#stop.signal.aborted)
        this.#log.warn('an order failed', { kind: order.kind, error: toAppError(thrown).message });
    });
  }

  async #reportAgain(): Promise<void> {
    const { signal } = this.#stop;
    const problem = this.#reporting;
    // Soon after something was learnt, then at every interval.
    let waitMs = 500;
    while (await sleep(waitMs, signal)) {
      this.#pulse.beat(reporting, stuckAfterMs + (this.#settings?.intervalMs ?? 0));
      const settings = this.#settings;
      waitMs = 500;
      if (settings === undefined) continue;
      try {
        await this.#report(settings);
        problem.worked();
        waitMs = this.#targets.allSeen ? settings.intervalMs : Math.min(1000, settings.intervalMs);
      } catch (thrown) {
        if (signal.aborted) return;
        problem.failed(thrown);
        waitMs = Math.max(5000, settings.intervalMs);
      }
    }
  }

  async #report(settings: SettingsAnswer): Promise<void> {
    const atMs = Date.now();
    const stats = await this.#stats.read();
    const active = settings.role === 'active';
    const sets = active ? this.#targets.sets() : [];
    for (const set of sets) this.#events.compareSet(set, atMs);
    const events = this.#events.waiting();
    const documents = this.#documents.slice(0, 200);
    await this.#link.report({
      atMs,
      hosts: active ? this.#targets.reports() : [],
      sets,
      clusters: active ? describeClusters(this.#targets.pollers()) : [],
      documents,
      events: [...events],
      agent: {
        cpuPercent: stats.cpuPercent,
        rssBytes: stats.rssBytes,
        ...(stats.rssAnonBytes === undefined ? {} : { rssAnonBytes: stats.rssAnonBytes }),
        outboxSamples: this.#outbox.samples,
        outboxBytes: this.#outbox.bytes,
        startedAtMs: this.#startedAtMs,
        sentBytes: this.#client.traffic.sentBytes,
        ...this.#polls.tally,
      },
    });
    this.#events.sent(events);
    this.#documents.splice(0, documents.length);
    const { agentId: stream } = this.#identity;
    this.#outbox.add(
      ownSample({ stream, timeMs: atMs, stats, settings, outbox: this.#outbox, schemas: this.#schemas }),
    );
  }
}
