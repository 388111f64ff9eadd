import { rollupLevels } from '../model/resolution.ts';
import type { Clock } from '../runtime/clock.ts';
import { toAppError } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';
import { periodic } from '../runtime/periodic.ts';
import type { Backlog } from './backlog.ts';
import type { PendingHour, SeriesStore } from './ports.ts';
import type { Retention } from './retention.ts';
import type { SchemaCache } from './schema-cache.ts';
import type { HourSealer } from './seal-hour.ts';
import type { StreamBook } from './stream-book.ts';
import type { Tails } from './tails.ts';

const lookEveryMs = 2000;
const retentionEveryMs = 600_000;
const retryAfterMs = 600_000;
/** Beyond the end of a day, time for its last hour to be sealed the usual way. */
const lateMs = 600_000;

interface Parts {
  readonly store: SeriesStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly backlog: Backlog;
  readonly sealer: HourSealer;
  readonly streams: StreamBook;
  readonly schemas: SchemaCache;
  readonly retention: Retention;
  readonly tails: Tails;
}

/** The engine's work beside requests: seals one hour of one stream at a time, expires what is old. */
export class Background {
  readonly #parts: Parts;
  readonly #stop = new AbortController();
  readonly #failed: { readonly hour: PendingHour; readonly retryAtMs: number }[] = [];
  #loop: Promise<void> = Promise.resolve();
  #working: Promise<void> = Promise.resolve();
  #retentionAtMs = 0;
  /** The newest day of each stream that has hours; undefined until the store was asked once. */
  #openDays: Map<number, number> | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  start(): void {
    const onError = (thrown: unknown): void =>
      this.#parts.log.error('metrics: background work failed', { error: thrown });
    this.#loop = periodic(() => this.run(false), { intervalMs: lookEveryMs, signal: this.#stop.signal, onError });
  }

  /** Seals what is ready, or with `all` whatever is in the log; then expires when it is time. Never twice at once. */
  run(all: boolean): Promise<void> {
    const next = this.#working.then(() => this.#pass(all));
    this.#working = next.catch(() => undefined);
    return next;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#loop;
    await this.#working;
  }

  async #pass(all: boolean): Promise<void> {
    const { backlog, clock } = this.#parts;
    this.#retry();
    for (let hour = backlog.next(all); hour !== undefined; hour = backlog.next(all)) {
      if (this.#stop.signal.aborted) return;
      backlog.take(hour);
      await this.#seal(hour);
    }
    if (all || clock.now() - this.#retentionAtMs >= retentionEveryMs) {
      this.#retentionAtMs = clock.now();
      await this.#closeDays();
      await this.#expire();
    }
  }

  async #seal(hour: PendingHour): Promise<void> {
    const { streams, sealer, log, clock } = this.#parts;
    const stream = streams.byId(hour.streamId);
    if (stream === undefined) return;
    try {
      for (let start = hour.hourMs, again = true; again; start += 3_600_000) again = await sealer.seal(stream, start);
      this.#openDays?.set(stream.id, Math.max(dayOf(hour.hourMs), this.#openDays.get(stream.id) ?? 0));
    } catch (thrown) {
      const error = toAppError(thrown);
      log.error(`metrics: an hour stays in the log: ${error.message}`, { code: error.code, hint: error.hint });
      this.#failed.push({ hour, retryAtMs: clock.now() + retryAfterMs });
    }
  }

  #retry(): void {
    const now = this.#parts.clock.now();
    const due = this.#failed.filter(({ retryAtMs }) => retryAtMs <= now).map(({ hour }) => hour);
    const waiting = this.#failed.filter(({ retryAtMs }) => retryAtMs > now);
    this.#failed.splice(0, this.#failed.length, ...waiting);
    this.#parts.backlog.load(due);
  }

  /** A day ends with the first hour of the next, but a host may have stopped: then its last day is rolled up here. */
  async #closeDays(): Promise<void> {
    const { streams, sealer, store, clock, log } = this.#parts;
    this.#openDays ??= await openDaysOf(store, streams);
    for (const [streamId, day] of this.#openDays) {
      if (this.#stop.signal.aborted) return;
      if (clock.now() < day + rollupLevels.day + lateMs) continue;
      this.#openDays.delete(streamId);
      const stream = streams.byId(streamId);
      if (stream === undefined) continue;
      await sealer.closeDay(stream, day).catch((thrown: unknown) => {
        log.error('metrics: a day was not rolled up; it is tried again after the next start', { error: thrown });
      });
    }
  }

  async #expire(): Promise<void> {
    const { streams, retention, schemas, store, tails } = this.#parts;
    for (const groupId of new Set(streams.all().map((stream) => stream.groupId))) await retention.enforce(groupId);
    await store.collectSchemas([...new Set([...schemas.releaseIdle(), ...tails.schemaIds()])]);
  }
}

function dayOf(timeMs: number): number {
  return Math.floor(timeMs / rollupLevels.day) * rollupLevels.day;
}

async function openDaysOf(store: SeriesStore, streams: StreamBook): Promise<Map<number, number>> {
  const days = new Map<number, number>();
  for (const { id } of streams.all()) {
    const newest = await store.newestChunk(id, rollupLevels.hour);
    if (newest !== undefined) days.set(id, newest.startMs);
  }
  return days;
}
