import { HostClient, type HostConnection } from '../deployment/connect.ts';
import { type DiagnosticReply, getDiagnosticData, runSingleCommands } from '../deployment/diagnostic-reply.ts';
import { findNumber } from '../deployment/find-bson.ts';
import { type Hello, sayHello } from '../deployment/hello.ts';
import type { Logins } from '../deployment/logins.ts';
import { type OplogEnds, readOplogEnds } from '../deployment/oplog-ends.ts';
import { readSetConfig, type SetConfig } from '../deployment/replica-set.ts';
import { namedWebServer } from '../deployment/speaks-http.ts';
import { AppError, toAppError } from '../runtime/errors.ts';
import type { HostClock } from './clock-skew.ts';
import type { DiagnosticLack } from './limitation.ts';

const helloEveryMs = 30_000;
const configEveryMs = 60_000;
const oplogEveryMs = 30_000;
/** A privilege that was missing is tried again this often. */
const diagnosticAgainMs = 300_000;
/** By then a mongod that collects diagnostic data has some. */
const startedUpMs = 10_000;

export type Taken =
  | { readonly kind: 'reply'; readonly reply: DiagnosticReply; readonly lack: DiagnosticLack | undefined }
  | { readonly kind: 'same' }
  | { readonly kind: 'hello' };

/** A connection to one host and what it told that holds for a while. Thrown away after a failure of the network. */
export class HostSession {
  readonly client: HostClient;
  readonly hello: Hello;
  config: SetConfig | undefined;
  #helloAt = performance.now();
  #configAt = Number.NEGATIVE_INFINITY;
  #oplogAt = Number.NEGATIVE_INFINITY;
  #oplog: OplogEnds | undefined;
  #diagnosticNotBefore = 0;
  #lastStartMs = 0;
  #lack: DiagnosticLack | undefined;

  private constructor(client: HostClient, hello: Hello) {
    this.client = client;
    this.hello = hello;
  }

  /** Says hello without a login first: arbiters have no users, and what is no MongoDB should not see a password. */
  static async open(
    connection: HostConnection,
    deadlineMs: number,
    clock: HostClock,
    signal: AbortSignal,
    logins?: Logins,
  ): Promise<HostSession> {
    const { credentials: _, ...bare } = connection;
    const probe = new HostClient(bare, deadlineMs);
    try {
      const sentMs = Date.now();
      const hello = await sayHello(probe, deadlineMs, signal);
      if (hello.localMs !== undefined) clock.measure(hello.localMs, sentMs, Date.now());
      if (hello.type === 'arbiter') return new HostSession(probe, hello);
      const credentials = connection.credentials ?? (await logins?.for(connection.host, hello.setName));
      if (credentials === undefined) return new HostSession(probe, hello);
      await probe.close();
      return new HostSession(new HostClient({ ...bare, credentials }, deadlineMs), hello);
    } catch (thrown) {
      await probe.close();
      throw await namedWebServer(thrown, connection);
    }
  }

  /** Measures the clock again from time to time. @throws when another process answers now. */
  async refresh(clock: HostClock, deadlineMs: number, signal: AbortSignal): Promise<void> {
    if (performance.now() - this.#helloAt < helloEveryMs && this.hello.type !== 'arbiter') return;
    const sentMs = Date.now();
    const hello = await sayHello(this.client, deadlineMs, signal);
    if (hello.localMs !== undefined) clock.measure(hello.localMs, sentMs, Date.now());
    this.#helloAt = performance.now();
  }

  /** FTDC's newest sample; the single commands where it cannot be had or is old. */
  async take(
    clock: HostClock,
    limits: { readonly intervalMs: number; readonly deadlineMs: number },
    signal: AbortSignal,
  ): Promise<Taken> {
    if (this.hello.type === 'arbiter') return { kind: 'hello' };
    const { deadlineMs, intervalMs } = limits;
    if (performance.now() >= this.#diagnosticNotBefore) {
      const reply = await this.#diagnostic(deadlineMs, signal);
      if (reply !== undefined) {
        const ageMs = clock.toHostMs(Date.now()) - reply.hostMs;
        if (ageMs <= 3 * Math.max(intervalMs, 2000)) {
          if (reply.hostMs === this.#lastStartMs) return { kind: 'same' };
          this.#lastStartMs = reply.hostMs;
          return { kind: 'reply', reply, lack: undefined };
        }
        this.#lack = 'old';
      }
    }
    const reply = await runSingleCommands(this.client, this.hello.setName !== undefined, deadlineMs, signal);
    const upMs = findNumber(reply.bytes, 'serverStatus', 'uptimeMillis') ?? 0;
    return { kind: 'reply', reply, lack: this.#lack === 'none' && upMs < startedUpMs ? undefined : this.#lack };
  }

  /** The set's settings, read again when the version in a reply differs. */
  async refreshConfig(version: number, deadlineMs: number, signal: AbortSignal): Promise<void> {
    const age = performance.now() - this.#configAt;
    if (age < 2000 || (this.config?.version === version && age < configEveryMs)) return;
    this.#configAt = performance.now();
    try {
      const config = readSetConfig(await this.client.command('admin', { replSetGetConfig: 1 }, { deadlineMs, signal }));
      if (config !== undefined) this.config = config;
    } catch (thrown) {
      if (toAppError(thrown).code !== 'MONGODB_PRIVILEGE_MISSING') throw thrown;
    }
  }

  /** The ends of the member's oplog where its diagnostic data does not tell them, at most half a minute old. */
  async oplogEnds(deadlineMs: number, signal: AbortSignal): Promise<OplogEnds | undefined> {
    if (performance.now() - this.#oplogAt < oplogEveryMs) return this.#oplog;
    this.#oplogAt = performance.now();
    this.#oplog = await readOplogEnds(this.client, deadlineMs, signal);
    return this.#oplog;
  }

  async #diagnostic(deadlineMs: number, signal: AbortSignal): Promise<DiagnosticReply | undefined> {
    try {
      const reply = await getDiagnosticData(this.client, deadlineMs, signal);
      this.#lack = reply === undefined ? 'none' : undefined;
      return reply;
    } catch (thrown) {
      const isRefusal =
        thrown instanceof AppError &&
        (thrown.code === 'MONGODB_PRIVILEGE_MISSING' || thrown.details['answered'] === true);
      if (!isRefusal) throw thrown;
      this.#lack = toAppError(thrown).code === 'MONGODB_PRIVILEGE_MISSING' ? 'refused' : 'unknown';
      this.#diagnosticNotBefore = performance.now() + diagnosticAgainMs;
      return undefined;
    }
  }
}
