import { readBson } from '../deployment/bson-values.ts';
import type { HostConnection } from '../deployment/connect.ts';
import type { DiagnosticReply } from '../deployment/diagnostic-reply.ts';
import { findDocument, findNumber, findText } from '../deployment/find-bson.ts';
import type { Flattener } from '../deployment/flatten-bson.ts';
import type { Logins } from '../deployment/logins.ts';
import type { OplogEnds } from '../deployment/oplog-ends.ts';
import { describeSet, memberRole, readSetStatus, type SetStatus } from '../deployment/replica-set.ts';
import { type SampleSource, sampleSources } from '../model/sample.ts';
import { AppError, toAppError } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';
import { periodic } from '../runtime/periodic.ts';
import { ProblemLog } from '../runtime/problem-log.ts';
import type { HostReport, SetReport } from '../wire/agent-messages.ts';
import { HostClock } from './clock-skew.ts';
import { derive, derivedNames, oplogEnds, windowMs } from './derive.ts';
import type { EventNotes } from './event-notes.ts';
import { HostSession } from './host-session.ts';
import { type DiagnosticLack, limitation } from './limitation.ts';
import type { Outbox } from './outbox.ts';
import type { PollWatch } from './poll-watch.ts';
import type { RawReplies } from './raw-replies.ts';
import type { SchemaBook } from './sample-schema.ts';

/** What all pollers of an agent share. */
export interface PollerShare {
  readonly outbox: Outbox;
  readonly replies: RawReplies;
  readonly events: EventNotes;
  readonly flattener: Flattener;
  readonly schemas: SchemaBook;
  readonly log: Log;
  /** Oplog window of the primary of a set, by replicaSetId. */
  readonly primaryWindows: Map<string, number>;
  /** For hosts for which the server names no login. */
  readonly logins?: Logins | undefined;
  /** Lease epoch now. */
  readonly epoch: () => number;
  readonly watch?: PollWatch;
}

interface PollerSettings {
  readonly hostId: string;
  readonly connection: HostConnection;
  readonly intervalMs: number;
}

/** Polls one host on its own grid, with its own deadline and connection, until it is closed. */
export class Poller {
  readonly hostId: string;
  readonly host: string;
  readonly #settings: PollerSettings;
  readonly #share: PollerShare;
  readonly #clock = new HostClock();
  readonly #stop = new AbortController();
  readonly #problem: ProblemLog;
  #session: HostSession | undefined;
  #ended: Promise<void> = Promise.resolve();
  #report: HostReport;
  #set: SetReport | undefined;
  #lastTimeMs = 0;

  constructor(settings: PollerSettings, share: PollerShare) {
    this.#settings = settings;
    this.#share = share;
    this.hostId = settings.hostId;
    this.host = settings.connection.host;
    this.#problem = new ProblemLog(share.log, `polling ${this.host}`);
    this.#report = { hostId: this.hostId, atMs: Date.now(), reachable: false };
  }

  /** Undefined before the first poll has ended. */
  get report(): HostReport | undefined {
    return this.#report.sinceMs === undefined ? undefined : this.#report;
  }

  /** The set as this member sees it, when it was reached at its last poll. */
  get set(): SetReport | undefined {
    return this.#report.reachable ? this.#set : undefined;
  }

  /** The open session, for the slower collections. */
  get session(): HostSession | undefined {
    return this.#session;
  }

  get clock(): HostClock {
    return this.#clock;
  }

  start(firstDelayMs: number): void {
    this.#ended = periodic((signal) => this.poll(signal), {
      intervalMs: this.#settings.intervalMs,
      firstDelayMs,
      signal: this.#stop.signal,
      onError: (thrown) => this.#share.log.error(`polling ${this.host} failed`, { error: toAppError(thrown).message }),
    });
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#ended;
    this.#share.watch?.ended(this.hostId);
    await this.#drop();
  }

  /** One poll. Never throws for what the host does. */
  async poll(signal: AbortSignal): Promise<void> {
    this.#share.watch?.begun(this.hostId, this.#settings.intervalMs);
    try {
      await this.#take(signal);
      this.#problem.worked();
    } catch (thrown) {
      if (signal.aborted) return;
      this.#share.watch?.failed();
      await this.#missed(thrown);
    }
  }

  get #deadlineMs(): number {
    return Math.min(15_000, Math.max(4000, this.#settings.intervalMs * 0.9));
  }

  async #take(signal: AbortSignal): Promise<void> {
    const { intervalMs, connection } = this.#settings;
    const deadlineMs = this.#deadlineMs;
    const begun = performance.now();
    const isNew = this.#session === undefined;
    this.#session ??= await HostSession.open(connection, deadlineMs, this.#clock, signal, this.#share.logins);
    const session = this.#session;
    if (!isNew) await session.refresh(this.#clock, deadlineMs, signal);
    const taken = await session.take(this.#clock, { intervalMs, deadlineMs }, signal);
    if (taken.kind === 'same') return this.#noteReached({ stale: false }, undefined);
    if (taken.kind === 'hello') return this.#noteHello(session, performance.now() - begun);
    await this.#noteReply(session, taken.reply, taken.lack, performance.now() - begun, signal);
  }

  async #noteReply(
    session: HostSession,
    reply: DiagnosticReply,
    lack: DiagnosticLack | undefined,
    pollMs: number,
    signal: AbortSignal,
  ): Promise<void> {
    const { replies, primaryWindows } = this.#share;
    const { bytes } = reply;
    const section = findDocument(bytes, 'replSetGetStatus');
    const status = section === undefined ? undefined : readSetStatus(readBson(section));
    if (status?.self !== undefined) await session.refreshConfig(status.configVersion, this.#deadlineMs, signal);
    const { config } = session;
    const setId = config?.replicaSetId;
    const told = oplogEnds(bytes);
    const ends = told ?? (status === undefined ? undefined : await session.oplogEnds(this.#deadlineMs, signal));
    if (status?.myState === 1 && setId !== undefined) {
      const window = windowMs(ends);
      if (window !== undefined) primaryWindows.set(setId, window);
    }
    const timeMs = this.#clock.toAgentMs(reply.hostMs);
    const extra = derive({
      ends,
      status,
      config,
      primaryWindowMs: setId === undefined ? undefined : primaryWindows.get(setId),
      pollMs,
      skewMs: this.#clock.skewMs,
    });
    this.addSample(sampleSources.diagnostic, bytes, timeMs, extra);
    replies.keep(this.hostId, timeMs, bytes);
    this.#noteSet(session, bytes, status, ends);
    const facts = { ...this.#facts(session, bytes, status), collection: reply.from, stale: lack === 'old' };
    this.#noteReached(facts, lack);
  }

  /** Queues a sample of this host. Times of a host always ascend. */
  addSample(source: SampleSource, bytes: Buffer, timeMs: number, extra: readonly number[] = []): void {
    const { flattener, schemas, outbox, epoch } = this.#share;
    if (source === sampleSources.diagnostic) {
      if (timeMs <= this.#lastTimeMs) return;
      this.#lastTimeMs = timeMs;
    }
    const { values, layout } = flattener.flatten(bytes);
    const schema = schemas.of(layout, extra.length === 0 ? [] : derivedNames, extra.length === 0 ? 'plain' : 'derived');
    let all = values;
    if (extra.length > 0) {
      all = new Float64Array(values.length + extra.length);
      all.set(values);
      all.set(extra, values.length);
    }
    outbox.add({ stream: this.hostId, source, schema, timeMs, values: all, epoch: epoch() });
  }

  #noteHello(session: HostSession, pollMs: number): void {
    const { schemas, outbox, epoch } = this.#share;
    const names = derivedNames.slice(-2);
    const schema = schemas.of(helloLayout, names, 'hello');
    const values = Float64Array.from([pollMs, this.#clock.skewMs ?? Number.NaN]);
    outbox.add({
      stream: this.hostId,
      source: sampleSources.diagnostic,
      schema,
      timeMs: Date.now(),
      values,
      epoch: epoch(),
    });
    this.#noteReached({ ...helloFacts(session), role: 'arbiter', collection: 'hello' }, undefined);
  }

  #noteSet(session: HostSession, bytes: Buffer, status: SetStatus | undefined, ends: OplogEnds | undefined): void {
    const { config } = session;
    if (status?.self === undefined || config === undefined) {
      this.#set = undefined;
      return;
    }
    const oplogBytes = findNumber(bytes, 'local.oplog.rs.stats', 'size');
    this.#set = {
      ...describeSet(status, config, this.host),
      ...(ends === undefined ? {} : { oplogFirstMs: ends.firstMs, oplogLastMs: ends.lastMs }),
      ...(oplogBytes === undefined ? {} : { oplogBytes }),
    };
  }

  #facts(session: HostSession, bytes: Buffer, status: SetStatus | undefined): Partial<HostReport> {
    const uptimeMs = findNumber(bytes, 'serverStatus', 'uptimeMillis');
    const localMs = findNumber(bytes, 'serverStatus', 'localTime');
    const startedAtMs =
      uptimeMs === undefined || localMs === undefined ? undefined : this.#clock.toAgentMs(localMs - uptimeMs);
    const version = findText(bytes, 'serverStatus', 'version');
    const { config, hello } = session;
    return {
      ...helloFacts(session),
      role: hello.type === 'mongos' ? 'mongos' : status === undefined ? 'standalone' : memberRole(status, config),
      ...(version === undefined ? {} : { version }),
      ...(config === undefined ? {} : { replicaSetId: config.replicaSetId, setName: config.name }),
      ...(config?.isConfigServer === true ? { clusterRole: 'configsvr' as const } : {}),
      ...(startedAtMs === undefined ? {} : { startedAtMs: this.#steadyStart(startedAtMs) }),
    };
  }

  /** Uptime and clock are read at slightly different moments: the same start must stay the same number. */
  #steadyStart(startedAtMs: number): number {
    const before = this.#report.startedAtMs;
    return before !== undefined && Math.abs(before - startedAtMs) < 5000 ? before : Math.round(startedAtMs);
  }

  #noteReached(facts: Partial<HostReport>, lack: DiagnosticLack | undefined): void {
    const before = this.#report;
    const skewMs = this.#clock.skewMs;
    const { problem: _, ...kept } = before;
    const isSame = before.reachable && (facts.role === undefined || facts.role === before.role);
    this.#report = {
      ...kept,
      ...facts,
      atMs: Date.now(),
      reachable: true,
      missedPolls: 0,
      sinceMs: isSame ? (before.sinceMs ?? Date.now()) : Date.now(),
      ...(skewMs === undefined ? {} : { clockSkewMs: skewMs }),
      ...(lack === undefined ? {} : { problem: limitation(this.host, lack) }),
    };
    if (facts.role !== undefined) this.#share.events.compare(this.host, before, this.#report);
  }

  async #missed(thrown: unknown): Promise<void> {
    const { code, message, hint } = toAppError(thrown);
    this.#problem.failed(thrown);
    if (code === 'MONGODB_AUTH_FAILED') this.#share.logins?.refused();
    const before = this.#report;
    // It answered hello: it is there, but does not let us look.
    const reachable = code === 'MONGODB_AUTH_FAILED' || code === 'MONGODB_PRIVILEGE_MISSING';
    this.#report = {
      ...before,
      ...(reachable && this.#session !== undefined ? helloFacts(this.#session) : {}),
      atMs: Date.now(),
      reachable,
      problem: { code, message: message.slice(0, 2000), hint },
      sinceMs: before.reachable === reachable ? (before.sinceMs ?? Date.now()) : Date.now(),
      missedPolls: reachable ? 0 : (before.missedPolls ?? 0) + 1,
    };
    this.#share.events.compare(this.host, before, this.#report);
    if (!(thrown instanceof AppError && code === 'MONGODB_PRIVILEGE_MISSING')) await this.#drop();
  }

  async #drop(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    await session?.client.close();
  }
}

const helloLayout = { names: [] };

function helloFacts({ hello }: HostSession): Partial<HostReport> {
  return {
    type: hello.type,
    ...(hello.setName === undefined ? {} : { setName: hello.setName }),
    ...(hello.me === undefined ? {} : { me: hello.me }),
    ...(hello.processId === undefined ? {} : { processId: hello.processId }),
  };
}
