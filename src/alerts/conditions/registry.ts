import type { ConditionType, Finding } from '../condition.ts';
import type { AlertCondition, ConditionKind, GroupSnapshot } from '../ports.ts';
import { agentDown } from './agent-down.ts';
import { backupAgentDown } from './backup-agent-down.ts';
import { backupBehind } from './backup-behind.ts';
import { backupDrillFailed } from './backup-drill-failed.ts';
import { backupPlaceAtRisk } from './backup-place-at-risk.ts';
import { backupResyncNeeded } from './backup-resync-needed.ts';
import { backupSnapshotLate } from './backup-snapshot-late.ts';
import { backupStoreFull } from './backup-store-full.ts';
import { hostDown } from './host-down.ts';
import { hostRecovering } from './host-recovering.ts';
import { hostUnreachable } from './host-unreachable.ts';
import { lagAbove } from './lag-above.ts';
import { metric } from './metric.ts';
import { noPrimary } from './no-primary.ts';
import { oplogWindowBelow } from './oplog-window-below.ts';

const types: { readonly [K in ConditionKind]: ConditionType<K> } = {
  agentDown,
  backupAgentDown,
  backupBehind,
  backupDrillFailed,
  backupPlaceAtRisk,
  backupResyncNeeded,
  backupSnapshotLate,
  backupStoreFull,
  hostDown,
  hostRecovering,
  hostUnreachable,
  lagAbove,
  metric,
  noPrimary,
  oplogWindowBelow,
};

/** What a condition says about every subject that it watches. */
export function findings<K extends ConditionKind>(
  condition: Extract<AlertCondition, { kind: K }>,
  snapshot: GroupSnapshot,
): readonly Finding[] {
  const type: ConditionType<K> = types[condition.kind as K];
  return type.find(condition, snapshot);
}

/** Metrics whose newest values a condition reads. */
export function metricsOf<K extends ConditionKind>(condition: Extract<AlertCondition, { kind: K }>): readonly string[] {
  const type: ConditionType<K> = types[condition.kind as K];
  return type.metrics?.(condition) ?? [];
}
