import { valueWords } from '../../alerts/message.ts';
import { chartPng } from '../../alerts/notifiers/chart-png.ts';
import type { AlertChart } from '../../alerts/notifiers/mail.ts';
import type { Alert, AlertCondition, AlertRule } from '../../alerts/ports.ts';
import type { MetricsEngine } from '../../metrics/ports.ts';
import { catalogMetric } from '../../model/metric-catalog.ts';
import type { Clock } from '../../runtime/clock.ts';

interface ChartParts {
  readonly metrics: MetricsEngine;
  readonly clock: Clock;
  readonly rules: (groupId: string) => Promise<readonly AlertRule[]>;
}

const spanMs = 6 * 3_600_000;
const points = 280;

/** The metric that an alert about a host is about, over the last six hours; undefined: none, or no figures. */
export async function alertChart(parts: ChartParts, groupId: string, alert: Alert): Promise<AlertChart | undefined> {
  const rule = (await parts.rules(groupId)).find(({ id }) => id === alert.ruleId);
  const shown = rule === undefined || alert.subject.kind !== 'host' ? undefined : metricOf(rule.condition);
  if (shown === undefined) return undefined;
  const toMs = parts.clock.now();
  const [series] = await parts.metrics.series({
    groupId,
    stream: alert.subject.id,
    names: [shown.metric],
    fromMs: toMs - spanMs,
    toMs,
    maxPoints: points,
  });
  const values = (series?.points ?? []).map(([, , average]) => average);
  const known = values.filter((value) => value !== null);
  const last = known.at(-1);
  if (last === undefined || known.length < 2) return undefined;
  const { title, unit } = catalogMetric(shown.metric) ?? { title: shown.metric, unit: 'count' as const };
  const words = (value: number): string => valueWords(value, unit);
  const range = `least ${words(Math.min(...known))}, most ${words(Math.max(...known))}, last ${words(last)}`;
  const limit = shown.threshold === null ? '' : `; dashed: ${words(shown.threshold)}`;
  return {
    png: chartPng({ values, threshold: shown.threshold }),
    caption: `${title} of ${alert.subject.label} in the six hours to ${clockTime(toMs)}: ${range}${limit}`,
  };
}

function metricOf(condition: AlertCondition): { metric: string; threshold: number | null } | undefined {
  switch (condition.kind) {
    case 'metric':
      return { metric: condition.metric, threshold: condition.above ?? condition.below ?? null };
    case 'anomaly':
      return { metric: condition.metric, threshold: null };
    case 'lagAbove':
      return { metric: 'replication.lag', threshold: condition.seconds };
    case 'oplogWindowBelow':
      return { metric: 'oplog.window', threshold: condition.hours * 3600 };
    default:
      return undefined;
  }
}

function clockTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
