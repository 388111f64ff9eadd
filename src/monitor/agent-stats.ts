import { derivedMetrics } from '../model/derived-metric.ts';
import { sampleSources } from '../model/sample.ts';
import type { ProcessStats } from '../runtime/process-stats.ts';
import type { SettingsAnswer } from '../wire/agent-messages.ts';
import type { Outbox, Sample } from './outbox.ts';
import type { SchemaBook } from './sample-schema.ts';

const names: readonly string[] = [
  derivedMetrics.agentCpuPercent,
  derivedMetrics.agentRssBytes,
  derivedMetrics.agentRssAnonBytes,
  derivedMetrics.agentOutboxSamples,
  derivedMetrics.agentOutboxBytes,
  derivedMetrics.agentHosts,
];
const layout = { names: [] };

interface OwnSample {
  /** The agent's own stream. */
  readonly stream: string;
  readonly timeMs: number;
  readonly stats: ProcessStats;
  readonly settings: SettingsAnswer;
  readonly outbox: Outbox;
  readonly schemas: SchemaBook;
}

/** What the agent itself costs, as a sample. */
export function ownSample({ stream, timeMs, stats, settings, outbox, schemas }: OwnSample): Sample {
  const values = Float64Array.from([
    stats.cpuPercent,
    stats.rssBytes,
    stats.rssAnonBytes ?? Number.NaN,
    outbox.samples,
    outbox.bytes,
    settings.role === 'active' ? settings.targets.length : 0,
  ]);
  const schema = schemas.of(layout, names, 'agent');
  return { stream, source: sampleSources.agent, schema, timeMs, values, epoch: settings.epoch };
}
