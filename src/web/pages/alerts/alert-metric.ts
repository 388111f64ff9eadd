import type { Alert, AlertCondition } from '../../../wire/api/alerts.ts';

/** The metric that an alert is about, and the values that it must pass. */
export interface AlertMetric {
  readonly metric: string;
  /** In the unit of the metric. */
  readonly thresholds: readonly number[];
}

const hour = 3_600_000;

/** What to draw for an alert of a host; null: nothing about it can be charted. */
export function chartOf({ subject, threshold }: Alert, condition: AlertCondition | undefined): AlertMetric | null {
  if (subject.kind !== 'host' || condition === undefined) return null;
  switch (condition.kind) {
    case 'metric': {
      const { metric, above, below, aggregate } = condition;
      // A rate is drawn as the charts draw the metric: its bound would be on another scale.
      const bounds = aggregate === 'rate' ? [] : [above, below].filter((bound) => bound !== undefined);
      return { metric, thresholds: bounds };
    }
    case 'anomaly':
      return { metric: condition.metric, thresholds: threshold === null ? [] : [threshold] };
    case 'lagAbove':
      return { metric: 'replication.lag', thresholds: [condition.seconds] };
    case 'oplogWindowBelow':
      return { metric: 'oplog.window', thresholds: [condition.hours * 3600] };
    default:
      return null;
  }
}

/** The time around an alert: as much before and after it as it lasted, at least half an hour and at most a day. */
export function spanOf(
  { openedAtMs, closedAtMs }: Pick<Alert, 'openedAtMs' | 'closedAtMs'>,
  nowMs: number,
): { readonly fromMs: number; readonly toMs: number } {
  const end = closedAtMs ?? nowMs;
  const around = Math.min(24 * hour, Math.max(hour / 2, end - openedAtMs));
  return { fromMs: openedAtMs - around, toMs: Math.min(nowMs, end + around) };
}
