import type { AlertCondition, AlertRule } from './ports.ts';

interface Default {
  readonly id: string;
  readonly name: string;
  readonly condition: AlertCondition;
  readonly forMs: number;
  readonly severity: AlertRule['severity'];
  readonly enabled: boolean;
}

const minute = 60_000;

/** Rules that every group has from its first day. Their ids are never changed: a person may have edited or disabled them. */
const defaults: readonly Default[] = [
  { id: 'hostDown', name: 'Host is down', condition: { kind: 'hostDown' }, forMs: 0, severity: 'bad', enabled: true },
  {
    id: 'hostUnreachable',
    name: 'Host cannot be reached by the agent',
    condition: { kind: 'hostUnreachable' },
    forMs: 2 * minute,
    severity: 'warn',
    enabled: true,
  },
  {
    id: 'hostRecovering',
    name: 'Host is recovering',
    condition: { kind: 'hostRecovering' },
    forMs: 5 * minute,
    severity: 'warn',
    enabled: true,
  },
  // An election takes about 12 s with the default time-outs.
  {
    id: 'noPrimary',
    name: 'Replica set has no primary',
    condition: { kind: 'noPrimary' },
    forMs: 30_000,
    severity: 'bad',
    enabled: true,
  },
  {
    id: 'agentDown',
    name: 'Agent is down',
    condition: { kind: 'agentDown' },
    forMs: minute,
    severity: 'bad',
    enabled: true,
  },
  {
    id: 'lagAbove',
    name: 'Replication lag',
    condition: { kind: 'lagAbove', seconds: 60 },
    forMs: 2 * minute,
    severity: 'warn',
    enabled: true,
  },
  // A day: a member that fails in the evening can be mended the next morning.
  {
    id: 'oplogWindowBelow',
    name: 'Oplog window is short',
    condition: { kind: 'oplogWindowBelow', hours: 24 },
    forMs: 10 * minute,
    severity: 'warn',
    enabled: true,
  },
  {
    id: 'dataDisk',
    name: 'Disk of the data is nearly full',
    condition: { kind: 'metric', metric: 'data.diskUsedPercent', above: 90 },
    forMs: 10 * minute,
    severity: 'bad',
    enabled: true,
  },
  {
    id: 'connections',
    name: 'Connections are nearly used up',
    condition: { kind: 'metric', metric: 'connections.usedPercent', above: 80 },
    forMs: 5 * minute,
    severity: 'warn',
    enabled: true,
  },
  {
    id: 'queryTargeting',
    name: 'Queries read far more than they return',
    condition: { kind: 'metric', metric: 'targeting.documentsPerReturned', above: 10_000 },
    forMs: 10 * minute,
    severity: 'warn',
    enabled: false,
  },
  {
    id: 'backupBehind',
    name: 'Backup is behind',
    condition: { kind: 'backupBehind', seconds: 300 },
    forMs: 2 * minute,
    severity: 'warn',
    enabled: true,
  },
  // A morning's work: an agent that failed at night can be mended before a resync is needed.
  {
    id: 'backupPlaceAtRisk',
    name: 'Backup is about to lose its place in the oplog',
    condition: { kind: 'backupPlaceAtRisk', hours: 4 },
    forMs: minute,
    severity: 'bad',
    enabled: true,
  },
  {
    id: 'backupResyncNeeded',
    name: 'Backup needs a resync',
    condition: { kind: 'backupResyncNeeded' },
    forMs: 0,
    severity: 'bad',
    enabled: true,
  },
  {
    id: 'backupSnapshotLate',
    name: 'Snapshot is late or failed',
    condition: { kind: 'backupSnapshotLate', hours: 1 },
    forMs: minute,
    severity: 'bad',
    enabled: true,
  },
  {
    id: 'backupDrillFailed',
    name: 'Restore drill failed or is overdue',
    condition: { kind: 'backupDrillFailed', hours: 24 },
    forMs: 0,
    severity: 'bad',
    enabled: true,
  },
  {
    id: 'backupAgentDown',
    name: 'Backup agent is down',
    condition: { kind: 'backupAgentDown' },
    forMs: minute,
    severity: 'bad',
    enabled: true,
  },
  {
    id: 'backupStoreFull',
    name: 'Disk of the backups is nearly full',
    condition: { kind: 'backupStoreFull', freePercent: 10 },
    forMs: 10 * minute,
    severity: 'bad',
    enabled: true,
  },
];

/** The rules that a group still lacks: all of them at first, later those that a newer version brings. */
export function missingDefaults(present: readonly AlertRule[]): readonly AlertRule[] {
  const ids = new Set(present.map((rule) => rule.id));
  const rules = defaults.map(
    (each): AlertRule => ({ ...each, id: `default-${each.id}`, notifierIds: [], builtIn: true }),
  );
  return rules.filter((rule) => !ids.has(rule.id));
}
