/**
 * The numbers of one reply, in a stable order. The schema (the names) is sent once and referred to by hash.
 * A stream is what samples belong to: a host id, or an agent id for the agent's own metrics.
 */
export interface MetricSchema {
  /** First 16 bytes of SHA-256 over the names joined by "\n", as 32 hex digits. */
  readonly hash: string;
  /** Raw names in reply order, parts joined by ".": `serverStatus.opcounters.insert`. Dots inside a part are escaped as "%2E", "%" as "%25". */
  readonly names: readonly string[];
}

/** Streams of one host are kept apart by source, because they are sampled at their own pace. */
export const sampleSources = { diagnostic: 0, databases: 1, collections: 2, agent: 3 } as const;
export type SampleSource = (typeof sampleSources)[keyof typeof sampleSources];

/** Consecutive samples of one stream under one schema, times ascending. */
export interface SampleRun {
  readonly stream: string;
  readonly source: SampleSource;
  readonly schemaHash: string;
  /** Milliseconds since 1970 UTC, host time corrected by the measured clock skew. */
  readonly times: readonly number[];
  /** One array per time, as long as the schema's names. NaN = no value. Infinities count as no value. */
  readonly values: readonly Float64Array[];
}

/** A span in which samples were taken or expected but lost (outbox overflow, agent restart): drawn as a gap. */
export interface SampleGap {
  readonly stream: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly reason: string;
}

export interface SamplesMessage {
  /** Only schemas that the server may not know yet. */
  readonly schemas: readonly MetricSchema[];
  readonly runs: readonly SampleRun[];
  readonly gaps: readonly SampleGap[];
}
