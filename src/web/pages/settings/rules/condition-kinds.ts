import type { AlertCondition } from '../../../../wire/api/alerts.ts';

export type ConditionKind = AlertCondition['kind'];

/** A number in the sentence of a condition. */
export interface ConditionNumber {
  readonly usual: number;
  readonly min: number;
  readonly max: number;
  /** Whole numbers when not given. */
  readonly step?: number;
}

interface Kind {
  /** The sentence after "When"; `{name}` stands for a number of the condition. */
  readonly phrase: string;
  readonly numbers?: Readonly<Record<string, ConditionNumber>>;
  /** What its alerts are about; rules about an agent or the whole group have no target. */
  readonly about: 'host' | 'set' | 'cluster' | 'agent' | 'group';
  readonly group: string;
}

const number = (usual: number, min: number, max: number, step?: number): ConditionNumber =>
  step === undefined ? { usual, min, max } : { usual, min, max, step };

/** Every condition as a sentence, in the order of the choice. */
export const conditionKinds: Readonly<Record<ConditionKind, Kind>> = {
  metric: { phrase: 'the value of a metric', about: 'host', group: 'Metrics' },
  anomaly: { phrase: 'unlike in earlier weeks,', about: 'host', group: 'Metrics' },
  hostDown: { phrase: 'a host is down', about: 'host', group: 'Hosts' },
  hostUnreachable: { phrase: 'the agent cannot reach a host that others see', about: 'host', group: 'Hosts' },
  hostRecovering: { phrase: 'a member is recovering', about: 'host', group: 'Hosts' },
  hostRollback: { phrase: 'a member is rolling back', about: 'host', group: 'Hosts' },
  hostRestarted: {
    phrase: 'a host has restarted in the last {minutes} minutes',
    numbers: { minutes: number(10, 1, 1440) },
    about: 'host',
    group: 'Hosts',
  },
  versionBehind: {
    phrase: 'the version of a host is behind by {patches} patch releases or more',
    numbers: { patches: number(2, 1, 100) },
    about: 'host',
    group: 'Hosts',
  },
  startupWarnings: { phrase: 'a host warned at its start', about: 'host', group: 'Hosts' },
  certificateExpiring: {
    phrase: 'the certificate of a host ends within {days} days',
    numbers: { days: number(30, 1, 365) },
    about: 'host',
    group: 'Hosts',
  },
  exposedHost: { phrase: 'a host answers from outside', about: 'host', group: 'Hosts' },
  noPrimary: { phrase: 'a replica set has no primary', about: 'set', group: 'Replica sets and clusters' },
  lagAbove: {
    phrase: 'a member lags more than {seconds} seconds behind its primary',
    numbers: { seconds: number(60, 1, 1e9) },
    about: 'host',
    group: 'Replica sets and clusters',
  },
  oplogWindowBelow: {
    phrase: 'an oplog holds less than {hours} hours',
    numbers: { hours: number(24, 0, 1e6, 0.5) },
    about: 'host',
    group: 'Replica sets and clusters',
  },
  electionsAbove: {
    phrase: 'a replica set holds elections, more than {count} in {minutes} minutes',
    numbers: { count: number(3, 0, 1000), minutes: number(60, 1, 1440) },
    about: 'set',
    group: 'Replica sets and clusters',
  },
  unhealthyMembersAbove: {
    phrase: 'the unhealthy members of a set are more than {count}',
    numbers: { count: number(0, 0, 50) },
    about: 'set',
    group: 'Replica sets and clusters',
  },
  versionsMixed: {
    phrase: 'members of a set run different versions',
    about: 'set',
    group: 'Replica sets and clusters',
  },
  mongosBelow: {
    phrase: 'the mongos of a cluster that answer are fewer than {count}',
    numbers: { count: number(1, 1, 1000) },
    about: 'cluster',
    group: 'Replica sets and clusters',
  },
  backupBehind: {
    phrase: 'a backup is more than {seconds} seconds behind',
    numbers: { seconds: number(300, 1, 1e9) },
    about: 'set',
    group: 'Backups',
  },
  backupPlaceAtRisk: {
    phrase: 'a backup stands still and the oplog holds its place for less than {hours} hours',
    numbers: { hours: number(4, 0, 1e6, 0.5) },
    about: 'set',
    group: 'Backups',
  },
  backupResyncNeeded: { phrase: 'a backup needs a resync', about: 'set', group: 'Backups' },
  backupSnapshotLate: {
    phrase: 'a snapshot cannot be made, or is late by {hours} hours',
    numbers: { hours: number(1, 0, 1e6, 0.5) },
    about: 'set',
    group: 'Backups',
  },
  backupDrillFailed: {
    phrase: 'a restore drill failed, or is overdue by {hours} hours',
    numbers: { hours: number(24, 0, 1e6, 0.5) },
    about: 'set',
    group: 'Backups',
  },
  backupAgentDown: { phrase: 'a backup agent does not report', about: 'agent', group: 'Backups' },
  backupStoreFull: {
    phrase: 'the free disk of the backups is less than {freePercent} %',
    numbers: { freePercent: number(10, 0, 100) },
    about: 'group',
    group: 'Backups',
  },
  agentDown: { phrase: 'a monitoring agent does not report', about: 'agent', group: 'Agents and this server' },
  agentVersionBehind: { phrase: 'an agent is older than this server', about: 'agent', group: 'Agents and this server' },
  serverCertificateExpiring: {
    phrase: 'the certificate of this server ends within {days} days',
    numbers: { days: number(30, 1, 365) },
    about: 'group',
    group: 'Agents and this server',
  },
  peopleChanged: { phrase: 'people or keys of the group change', about: 'group', group: 'People' },
};

export const peopleChanges = [
  ['userJoined', 'somebody joins'],
  ['userLeft', 'somebody leaves'],
  ['roleChanged', 'a role changes'],
  ['keyCreated', 'a key is made'],
] as const;

/** The kinds by their group, in the order of the choice. */
export function groupedKinds(): ReadonlyMap<string, readonly ConditionKind[]> {
  const groups = new Map<string, ConditionKind[]>();
  for (const kind of Object.keys(conditionKinds) as ConditionKind[]) {
    const { group } = conditionKinds[kind];
    groups.set(group, [...(groups.get(group) ?? []), kind]);
  }
  return groups;
}

/** Words and names of numbers, in turn: `['a member lags more than', 'seconds', 'seconds behind its primary']`. */
export function phraseParts(kind: ConditionKind): readonly string[] {
  return conditionKinds[kind].phrase.split(/\{(\w+)\}/).map((part) => part.trim());
}

/** A condition of a kind with its usual numbers. */
export function usualCondition(kind: ConditionKind): AlertCondition {
  if (kind === 'metric')
    return { kind, metric: 'connections.usedPercent', above: 80, aggregate: 'average', windowMs: 300_000 };
  if (kind === 'anomaly') {
    return { kind, metric: 'operations.total', side: 'both', deviations: 6, windowMs: 300_000 };
  }
  if (kind === 'peopleChanged') return { kind, changes: peopleChanges.map(([change]) => change) };
  const numbers = Object.entries(conditionKinds[kind].numbers ?? {}).map(([name, { usual }]) => [name, usual]);
  // The table names exactly the numbers of each kind: a test parses every usual condition with the schema.
  return { kind, ...Object.fromEntries(numbers) } as AlertCondition;
}

/** A number of a condition by its name. */
export function numberOf(condition: AlertCondition, name: string): number {
  const found = Object.entries(condition).find(([field]) => field === name)?.[1];
  return typeof found === 'number' ? found : 0;
}
