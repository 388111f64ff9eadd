import { plainName } from '../../../../model/plain-name.ts';
import type { AlertCondition, AlertTarget } from '../../../../wire/api/alerts.ts';
import type { MetricInfo } from '../../../../wire/api/metrics.ts';
import { formatValue } from '../../../chart/unit-scale.ts';
import { capital, duration } from '../../../format.ts';
import { conditionKinds, numberOf, peopleChanges } from './condition-kinds.ts';

interface Worded {
  readonly condition: AlertCondition;
  readonly forMs: number;
}

export const aggregateWords = {
  newest: 'the newest',
  average: 'the average of',
  maximum: 'the highest of',
  minimum: 'the lowest of',
  rate: 'the rate of',
} as const;

/** `A member lags more than 60 seconds behind its primary for 2 min`; metrics by their title and with their unit. */
export function conditionWords({ condition, forMs }: Worded, catalog: readonly MetricInfo[]): string {
  const held = forMs > 0 ? ` for ${duration(forMs)}` : '';
  const words = `${plain(condition, catalog)}${held}`;
  // The title of a metric is written as it is, and a raw name must stay what it is.
  const asItIs = condition.kind === 'anomaly' || (condition.kind === 'metric' && !words.startsWith('the '));
  return asItIs ? words : capital(words);
}

function plain(condition: AlertCondition, catalog: readonly MetricInfo[]): string {
  switch (condition.kind) {
    case 'metric':
      return metricWords(condition, catalog);
    case 'anomaly': {
      const { title } = metricOf(condition.metric, catalog);
      const side = condition.side === 'both' ? 'off' : condition.side;
      return `${title} is far ${side} what it usually is at this hour`.replace('far off what', 'far from what');
    }
    case 'peopleChanged': {
      const words = peopleChanges.filter(([change]) => condition.changes.includes(change)).map(([, word]) => word);
      return words.join(' or ');
    }
    default: {
      const { phrase } = conditionKinds[condition.kind];
      const filled = phrase.replaceAll(/\{(\w+)\}/g, (_, name: string) => String(numberOf(condition, name)));
      return filled.replace(/\b1 ((?:or more )?\w+ ?\w*)s\b/, (all, noun: string) =>
        noun === 'mongo' ? all : `1 ${noun}`,
      );
    }
  }
}

function metricWords(condition: Extract<AlertCondition, { kind: 'metric' }>, catalog: readonly MetricInfo[]): string {
  const { title, unit } = metricOf(condition.metric, catalog);
  const words = (value: number) => (unit === null ? String(value) : formatValue(value, unit));
  const bounds = [
    condition.above === undefined ? '' : `above ${words(condition.above)}`,
    condition.below === undefined ? '' : `below ${words(condition.below)}`,
  ];
  const { aggregate = 'newest', windowMs = 300_000 } = condition;
  const of = aggregate === 'newest' ? '' : `${aggregateWords[aggregate]} `;
  const over = aggregate === 'newest' ? '' : ` over ${duration(windowMs)}`;
  return `${of}${title}${over} is ${bounds.filter(Boolean).join(' or ')}`;
}

/** A metric by its title and unit; a raw one by its name. */
export function metricOf(
  name: string,
  catalog: readonly MetricInfo[],
): { readonly title: string; readonly unit: string | null } {
  const known = catalog.find((metric) => metric.name === name);
  return known === undefined ? { title: plainName(name), unit: null } : known;
}

export const hostTypeWords = {
  primary: 'primaries',
  secondary: 'secondaries',
  arbiter: 'arbiters',
  standalone: 'single processes',
  mongos: 'mongos',
  shardServer: 'shard members',
  configServer: 'config servers',
} as const;

/** `every host`, `primaries of checkout tagged prod`; `about` is what the rule looks at. */
export function targetWords(
  target: AlertTarget,
  about: 'host' | 'set' | 'cluster' | 'agent' | 'group',
  setName: (id: string) => string,
): string {
  if (about === 'agent' || about === 'group') return '';
  const { hostPattern, hostTypes, sets, clusters, tags } = target;
  const things = { host: 'host', set: 'replica set', cluster: 'cluster' }[about];
  const narrowed = hostPattern !== '' || hostTypes.length + sets.length + clusters.length + tags.length > 0;
  if (!narrowed) return `every ${things}`;
  const types = hostTypes.map((type) => hostTypeWords[type]).join(' and ');
  const parts = [
    about === 'host' ? (types === '' ? 'hosts' : types) : types === '' ? `${things}s` : `${things}s with ${types}`,
    sets.length === 0 ? '' : `of ${sets.map(setName).join(' or ')}`,
    clusters.length === 0 ? '' : `in cluster ${clusters.join(' or ')}`,
    hostPattern === '' ? '' : `named ${hostPattern}`,
    tags.length === 0 ? '' : `tagged ${tags.join(' or ')}`,
  ];
  return parts.filter(Boolean).join(' ');
}
