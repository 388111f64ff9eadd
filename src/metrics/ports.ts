import type { RawMetric } from '../model/metric.ts';
import type { MetricRetention } from '../model/resolution.ts';
import type { SampleGap, SampleSource, SamplesMessage } from '../model/sample.ts';

/** Under which lease samples were taken: those of a lapsed epoch only fill intervals that have none. */
export interface AppendLease {
  readonly epoch: number;
  readonly current: boolean;
}

export interface AppendAnswer {
  /** Schemas that runs named but that were neither sent nor known: send them with the runs again. */
  readonly missingSchemas: readonly string[];
  readonly appendedSamples: number;
}

/** One series of stored points: averages for gauges, rates per second for counters. */
export interface StoredSeries {
  readonly name: string;
  readonly resolutionMs: number;
  /** [ms, min, avg, max]; nulls = gap. */
  readonly points: readonly (readonly [number, number | null, number | null, number | null])[];
}

export interface SeriesRequest {
  readonly groupId: string;
  readonly stream: string;
  /** Raw or catalog names. */
  readonly names: readonly string[];
  readonly fromMs: number;
  readonly toMs: number;
  readonly maxPoints: number;
}

/** What the server needs of the metrics engine. */
export interface MetricsEngine {
  /** Durable when it resolves. Unknown schemas refuse only the runs that need them. */
  append(groupId: string, message: SamplesMessage, lease: AppendLease): Promise<AppendAnswer>;
  series(request: SeriesRequest): Promise<readonly StoredSeries[]>;
  /** Raw names that the stream had lately, with kind and unit. */
  metrics(groupId: string, stream: string): Promise<readonly RawMetric[]>;
  /**
   * Newest values per stream: gauges as they are, counters as rate per second over the last two samples.
   * Catalog or raw names; null = none within `maxAgeMs`. From memory where possible: it is asked every few seconds for every host.
   */
  latest(
    groupId: string,
    streams: readonly string[],
    names: readonly string[],
    maxAgeMs: number,
  ): Promise<ReadonlyMap<string, LatestValues>>;
  gaps(groupId: string, stream: string, fromMs: number, toMs: number): Promise<readonly SampleGap[]>;
  use(groupId: string): Promise<MetricsUse>;
  setRetention(groupId: string, retention: MetricRetention, diskBudgetBytes: number): Promise<void>;
  removeStream(groupId: string, stream: string): Promise<void>;
  close(): Promise<void>;
}

export interface LatestValues {
  readonly atMs: number;
  readonly values: readonly (number | null)[];
}

export interface MetricsUse {
  readonly bytes: number;
  readonly levels: readonly {
    readonly level: 'raw' | 'minute' | 'hour' | 'day';
    readonly bytes: number;
    readonly oldestMs: number | null;
  }[];
  readonly forecastBytes: number | null;
}

export type { SampleSource };

/** 0 = samples as they came; else the length of a rollup's buckets in milliseconds. */
export type Level = 0 | 60_000 | 3_600_000 | 86_400_000;

export interface StreamRow {
  readonly id: number;
  readonly groupId: string;
  readonly stream: string;
  readonly source: SampleSource;
}

export interface SchemaRow {
  readonly id: number;
  readonly groupId: string;
  readonly hash: string;
  readonly names: readonly string[];
}

/** Samples as they were acknowledged, not yet columns: consecutive frames of one stream, schema and hour. */
export interface LogEntry {
  readonly streamId: number;
  readonly schemaId: number;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly frames: number;
  /** Taken under a lapsed lease: used only where no other sample is near. */
  readonly fill: boolean;
  readonly body: Uint8Array;
}
export interface LogRow extends LogEntry {
  readonly seq: number;
}

export interface ChunkKey {
  readonly streamId: number;
  readonly level: Level;
  readonly startMs: number;
}
export interface ChunkRow extends ChunkKey {
  /** Time of the first row; the span itself is fixed by the level. */
  readonly firstMs: number;
  /** End of the span that the chunk covers, exclusive. */
  readonly endMs: number;
  readonly schemaId: number;
  readonly body: Uint8Array;
}

/** One change of a stream's stored form; all or nothing. */
export interface Sealing {
  readonly put: readonly ChunkRow[];
  readonly removeChunks: readonly ChunkKey[];
  readonly removeLog: readonly number[];
}

export interface LevelUse {
  readonly level: Level;
  readonly bytes: number;
  readonly oldestMs: number | null;
  readonly newestMs: number | null;
}

export interface PendingHour {
  readonly streamId: number;
  /** Start of the hour: no log entry crosses one. */
  readonly hourMs: number;
  readonly frames: number;
}

/** What the metrics engine needs of a store. Everything that writes is durable when it resolves. */
export interface SeriesStore {
  streams(): Promise<readonly StreamRow[]>;
  schemas(groupId: string, ids: readonly number[]): Promise<readonly SchemaRow[]>;
  schemaByHash(groupId: string, hash: string): Promise<SchemaRow | undefined>;
  addStream(groupId: string, stream: string, source: SampleSource): Promise<StreamRow>;
  addSchema(groupId: string, hash: string, names: readonly string[]): Promise<SchemaRow>;
  /** Samples and gaps of one message, all or nothing. */
  append(groupId: string, entries: readonly LogEntry[], gaps: readonly SampleGap[]): Promise<void>;
  /** Entries that touch the span, oldest first. */
  log(streamId: number, fromMs: number, toMs: number): Promise<readonly LogRow[]>;
  /** The newest entries, newest first. */
  lastLog(streamId: number, limit: number): Promise<readonly LogRow[]>;
  /** Schemas of chunks of a level and of log entries that touch the span. */
  schemaIds(streamId: number, level: Level, fromMs: number, toMs: number): Promise<readonly number[]>;
  /** What waits in the log, a row per stream and hour. */
  pending(): Promise<readonly PendingHour[]>;
  chunks(streamId: number, level: Level, fromMs: number, toMs: number): Promise<readonly ChunkRow[]>;
  newestChunk(streamId: number, level: Level): Promise<ChunkRow | undefined>;
  /** Keys only, for deciding what is to be done. */
  chunkKeys(
    streamId: number,
    level: Level,
    fromMs: number,
    toMs: number,
  ): Promise<readonly (ChunkKey & { readonly endMs: number })[]>;
  seal(sealing: Sealing): Promise<void>;
  gaps(groupId: string, stream: string, fromMs: number, toMs: number): Promise<readonly SampleGap[]>;
  /** Removes chunks of a level that end at `beforeMs` or earlier; returns the bytes freed. */
  expire(groupId: string, level: Level, beforeMs: number): Promise<number>;
  expireGaps(groupId: string, beforeMs: number): Promise<void>;
  /** Removes schemas that neither chunks nor the log use, but `heldSchemas`; gives free pages back to the file system. */
  collectSchemas(heldSchemas: readonly number[]): Promise<void>;
  use(groupId: string): Promise<readonly LevelUse[]>;
  removeStream(groupId: string, stream: string): Promise<void>;
}
