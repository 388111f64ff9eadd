import { plainName } from '../../../model/plain-name.ts';
import type { AlertCondition, AlertRule } from '../../../wire/api/alerts.ts';
import type { MetricInfo } from '../../../wire/api/metrics.ts';
import { formatValue } from '../../chart/unit-scale.ts';
import { duration } from '../../format.ts';

export type ConditionKind = AlertCondition['kind'];

/** Choices of the rule form. */
export const conditionKinds = [
  ['metric', 'a metric passes a value'],
  ['lagAbove', 'a member lags behind'],
  ['oplogWindowBelow', 'the oplog window is short'],
  ['hostDown', 'a host is down'],
  ['hostUnreachable', 'a host is unreachable from the agent'],
  ['hostRecovering', 'a member is recovering'],
  ['noPrimary', 'a set has no primary'],
  ['agentDown', 'an agent is down'],
  ['backupBehind', 'a backup is behind'],
  ['backupPlaceAtRisk', 'a backup is about to lose its place'],
  ['backupResyncNeeded', 'a backup needs a resync'],
  ['backupSnapshotLate', 'a snapshot is late'],
  ['backupDrillFailed', 'a restore drill failed or is overdue'],
  ['backupAgentDown', 'a backup agent is down'],
  ['backupStoreFull', 'the disk of the backups is nearly full'],
] as const satisfies readonly (readonly [ConditionKind, string])[];

/** `A member lags more than 1 min, for 2 min`; metrics by their title and with their unit where the catalog has them. */
export function conditionWords(
  { condition, forMs }: Pick<AlertRule, 'condition' | 'forMs'>,
  catalog: readonly MetricInfo[],
): string {
  const held = forMs > 0 ? `, for ${duration(forMs)}` : '';
  return `${plain(condition, catalog)}${held}`;
}

function plain(condition: AlertCondition, catalog: readonly MetricInfo[]): string {
  switch (condition.kind) {
    case 'lagAbove':
      return `A member lags more than ${duration(condition.seconds * 1000)}`;
    case 'oplogWindowBelow':
      return `The oplog holds less than ${condition.hours} h`;
    case 'metric': {
      const known = catalog.find(({ name }) => name === condition.metric);
      const words = (value: number) => (known === undefined ? String(value) : formatValue(value, known.unit));
      const bounds = [
        condition.above === undefined ? '' : `above ${words(condition.above)}`,
        condition.below === undefined ? '' : `below ${words(condition.below)}`,
      ];
      return `${known?.title ?? plainName(condition.metric)} is ${bounds.filter(Boolean).join(' or ')}`;
    }
    case 'hostDown':
      return 'A host is down: the agent cannot reach it and no healthy member sees it';
    case 'hostUnreachable':
      return 'A host cannot be reached by the agent, but other members see it';
    case 'hostRecovering':
      return 'A member is recovering';
    case 'noPrimary':
      return 'A replica set has no primary';
    case 'agentDown':
      return 'A monitoring agent does not report';
    case 'backupBehind':
      return `A backup is more than ${duration(condition.seconds * 1000)} behind`;
    case 'backupPlaceAtRisk':
      return `A backup is behind, and the oplog holds its place for less than ${condition.hours} h`;
    case 'backupResyncNeeded':
      return 'A backup needs a resync';
    case 'backupSnapshotLate':
      return `A snapshot is ${condition.hours} h late, or cannot be made`;
    case 'backupDrillFailed':
      return `The last restore drill failed, or the next is ${condition.hours} h overdue`;
    case 'backupAgentDown':
      return 'A backup agent does not report';
    case 'backupStoreFull':
      return `Less than ${condition.freePercent}% of the disk of the backups is free`;
  }
}

/** The condition that a form describes. */
export function conditionOf(kind: ConditionKind, values: Readonly<Record<string, string>>): AlertCondition {
  switch (kind) {
    case 'lagAbove':
    case 'backupBehind':
      return { kind, seconds: Number(values['seconds']) };
    case 'oplogWindowBelow':
    case 'backupPlaceAtRisk':
    case 'backupSnapshotLate':
    case 'backupDrillFailed':
      return { kind, hours: Number(values['hours']) };
    case 'backupStoreFull':
      return { kind, freePercent: Number(values['freePercent']) };
    case 'metric': {
      const { metric = '', above = '', below = '' } = values;
      return {
        kind,
        metric: metric.trim(),
        ...(above === '' ? {} : { above: Number(above) }),
        ...(below === '' ? {} : { below: Number(below) }),
      };
    }
    default:
      return { kind };
  }
}
