import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import { Appender } from './appender.ts';
import { Background } from './background.ts';
import { Backlog } from './backlog.ts';
import { LevelReader } from './level-reader.ts';
import { Newest } from './newest.ts';
import type { LatestValues, MetricsEngine, SeriesStore } from './ports.ts';
import { Retention } from './retention.ts';
import { SchemaCache } from './schema-cache.ts';
import { SchemaGuard } from './schema-guard.ts';
import { HourSealer } from './seal-hour.ts';
import { SeriesReader } from './series-reader.ts';
import { StreamBook } from './stream-book.ts';
import { Tails } from './tails.ts';

export interface EngineOptions {
  readonly store: SeriesStore;
  readonly clock: Clock;
  readonly log: Log;
  /** false: hours are sealed only by settle(). Default true. */
  readonly background?: boolean;
}

export interface SettledEngine extends MetricsEngine {
  /** Seals everything that is in the log and expires what is old, now. */
  settle(): Promise<void>;
}

/** The metrics engine over a store: docs/formats/metric-columns.md says what it keeps. */
export async function openMetricsEngine(options: EngineOptions): Promise<SettledEngine> {
  const { store, clock, log } = options;
  const schemas = new SchemaCache(store);
  const reader = new LevelReader(store, schemas);
  const streams = new StreamBook(store);
  const tails = new Tails(store, reader);
  const backlog = new Backlog(clock);
  await streams.load();
  backlog.load(await store.pending());
  const appender = new Appender({ store, schemas, guard: new SchemaGuard(clock), streams, tails, backlog });
  const newest = new Newest(streams, tails, schemas);
  const series = new SeriesReader(streams, reader);
  const retention = new Retention(store, clock);
  const sealer = new HourSealer(store, schemas, reader, log, clock);
  const background = new Background({ store, clock, log, backlog, sealer, streams, schemas, retention, tails });
  if (options.background !== false) background.start();
  return {
    append: (groupId, message, lease) => appender.append(groupId, message, lease),
    series: (request) => series.series(request),
    metrics: (groupId, stream) => newest.metrics(groupId, stream),
    latest: async (groupId, wanted, names, maxAgeMs) => {
      const found = new Map<string, LatestValues>();
      for (const stream of wanted) {
        const values = await newest.values(groupId, stream, names, clock.now() - maxAgeMs);
        if (values !== undefined) found.set(stream, values);
      }
      return found;
    },
    gaps: (groupId, stream, fromMs, toMs) => store.gaps(groupId, stream, fromMs, toMs),
    use: (groupId) => retention.use(groupId),
    setRetention: async (groupId, rules, diskBudgetBytes) => retention.set(groupId, rules, diskBudgetBytes),
    removeStream: async (groupId, stream) => {
      const rows = streams.of(groupId, stream);
      streams.remove(groupId, stream);
      for (const row of rows) {
        tails.forget(row.id);
        backlog.remove(row.id);
      }
      await store.removeStream(groupId, stream);
    },
    settle: () => background.run(true),
    close: () => background.close(),
  };
}
