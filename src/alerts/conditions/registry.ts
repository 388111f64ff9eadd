import type { ConditionType, Finding } from '../condition.ts';
import type { AlertCondition, ConditionKind, GroupSnapshot, Needs } from '../ports.ts';
import { agentDown } from './agent-down.ts';
import { agentVersionBehind } from './agent-version-behind.ts';
import { anomaly } from './anomaly.ts';
import { backupAgentDown } from './backup-agent-down.ts';
import { backupBehind } from './backup-behind.ts';
import { backupDrillFailed } from './backup-drill-failed.ts';
import { backupPlaceAtRisk } from './backup-place-at-risk.ts';
import { backupResyncNeeded } from './backup-resync-needed.ts';
import { backupSnapshotLate } from './backup-snapshot-late.ts';
import { backupStoreFull } from './backup-store-full.ts';
import { certificateExpiring } from './certificate-expiring.ts';
import { electionsAbove } from './elections-above.ts';
import { exposedHost } from './exposed-host.ts';
import { hostDown } from './host-down.ts';
import { hostRecovering } from './host-recovering.ts';
import { hostRestarted } from './host-restarted.ts';
import { hostRollback } from './host-rollback.ts';
import { hostUnreachable } from './host-unreachable.ts';
import { lagAbove } from './lag-above.ts';
import { metric } from './metric.ts';
import { mongosBelow } from './mongos-below.ts';
import { noPrimary } from './no-primary.ts';
import { oplogWindowBelow } from './oplog-window-below.ts';
import { peopleChanged } from './people-changed.ts';
import { serverCertificateExpiring } from './server-certificate-expiring.ts';
import { startupWarnings } from './startup-warnings.ts';
import { unhealthyMembersAbove } from './unhealthy-members-above.ts';
import { versionBehind } from './version-behind.ts';
import { versionsMixed } from './versions-mixed.ts';

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
  agentVersionBehind,
  anomaly,
  certificateExpiring,
  electionsAbove,
  exposedHost,
  hostRestarted,
  hostRollback,
  mongosBelow,
  peopleChanged,
  serverCertificateExpiring,
  startupWarnings,
  unhealthyMembersAbove,
  versionBehind,
  versionsMixed,
};

/** What a condition says about every subject that it watches. */
export function findings<K extends ConditionKind>(
  condition: Extract<AlertCondition, { kind: K }>,
  snapshot: GroupSnapshot,
): readonly Finding[] {
  const type: ConditionType<K> = types[condition.kind as K];
  return type.find(condition, snapshot);
}

/** What a condition reads of the snapshot. */
export function needsOf<K extends ConditionKind>(condition: Extract<AlertCondition, { kind: K }>): Partial<Needs> {
  const type: ConditionType<K> = types[condition.kind as K];
  return type.needs?.(condition) ?? {};
}
