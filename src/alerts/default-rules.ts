import type { AlertCondition, AlertRule } from './ports.ts';

interface Default {
  readonly id: string;
  readonly name: string;
  readonly condition: AlertCondition;
  readonly forMs: number;
  readonly severity: AlertRule['severity'];
  readonly enabled: boolean;
  /** Told again while it stays open, with growing gaps; not given: of what is severe after an hour. */
  readonly repeatMs?: number | null;
}

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

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
  // A rollback lasts seconds, and writes were lost.
  {
    id: 'hostRollback',
    name: 'Host is rolling back',
    condition: { kind: 'hostRollback' },
    forMs: 0,
    severity: 'bad',
    enabled: true,
  },
  {
    id: 'hostRestarted',
    name: 'Host was restarted',
    condition: { kind: 'hostRestarted', minutes: 10 },
    forMs: 0,
    severity: 'warn',
    enabled: false,
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
    id: 'electionsAbove',
    name: 'Replica set elects too often',
    condition: { kind: 'electionsAbove', count: 3, minutes: 60 },
    forMs: 0,
    severity: 'warn',
    enabled: true,
  },
  // One member that is down has an alert of its own: this is for those who want one alert for the set.
  {
    id: 'unhealthyMembersAbove',
    name: 'Replica set has too few healthy members',
    condition: { kind: 'unhealthyMembersAbove', count: 1 },
    forMs: 2 * minute,
    severity: 'bad',
    enabled: true,
  },
  {
    id: 'mongosBelow',
    name: 'Cluster has no mongos',
    condition: { kind: 'mongosBelow', count: 1 },
    forMs: minute,
    severity: 'bad',
    enabled: true,
  },
  // A rolling upgrade takes its time.
  {
    id: 'versionsMixed',
    name: 'Replica set runs different versions',
    condition: { kind: 'versionsMixed' },
    forMs: day,
    severity: 'warn',
    enabled: true,
  },
  {
    id: 'versionBehind',
    name: 'Host is patch releases behind',
    condition: { kind: 'versionBehind', patches: 2 },
    forMs: hour,
    severity: 'warn',
    enabled: false,
  },
  {
    id: 'startupWarnings',
    name: 'Host warned at its start',
    condition: { kind: 'startupWarnings' },
    forMs: 0,
    severity: 'warn',
    enabled: false,
  },
  {
    id: 'certificateExpiring',
    name: 'Certificate of a host ends soon',
    condition: { kind: 'certificateExpiring', days: 30 },
    forMs: 10 * minute,
    severity: 'warn',
    enabled: true,
    repeatMs: day,
  },
  {
    id: 'serverCertificateExpiring',
    name: 'Certificate of this server ends soon',
    condition: { kind: 'serverCertificateExpiring', days: 30 },
    forMs: 10 * minute,
    severity: 'warn',
    enabled: true,
    repeatMs: day,
  },
  // It does nothing while the exposure check is off, as it is at first.
  {
    id: 'exposedHost',
    name: 'MongoDB is open to everybody',
    condition: { kind: 'exposedHost', finding: 'open' },
    forMs: 0,
    severity: 'bad',
    enabled: true,
  },
  {
    id: 'reachableHost',
    name: 'MongoDB is reachable from outside',
    condition: { kind: 'exposedHost', finding: 'mongodb' },
    forMs: 0,
    severity: 'warn',
    enabled: true,
    repeatMs: day,
  },
  {
    id: 'peopleChanged',
    name: 'Somebody joined, left, or has other roles',
    condition: { kind: 'peopleChanged', changes: ['userJoined', 'userLeft', 'roleChanged'] },
    forMs: 0,
    severity: 'warn',
    enabled: true,
  },
  {
    id: 'agentVersionBehind',
    name: 'Agent is older than this server',
    condition: { kind: 'agentVersionBehind' },
    forMs: hour,
    severity: 'warn',
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

/** Who is told of them: all notifiers of the group, at once. */
const usual = {
  target: { hostPattern: '', hostTypes: [], sets: [], clusters: [], tags: [] },
  closeAfterMs: 30_000,
  steps: [{ afterMs: 0, notifierIds: [] }],
} satisfies Partial<AlertRule>;

/** The rules of a new group, as they are before anybody changed them. */
export function defaultRules(): readonly AlertRule[] {
  return defaults.map((each) => ({
    ...usual,
    ...each,
    repeatMs: each.repeatMs ?? (each.severity === 'bad' ? hour : null),
    id: `default-${each.id}`,
    builtIn: true,
  }));
}

/** The rules that a group still lacks: all of them at first, later those that a newer version brings. */
export function missingDefaults(present: readonly AlertRule[]): readonly AlertRule[] {
  const ids = new Set(present.map((rule) => rule.id));
  return defaultRules().filter((rule) => !ids.has(rule.id));
}
