import type { Document } from 'mongodb';
import type { MemberReport, SetReport } from '../wire/agent-messages.ts';
import { documentOf, documentsOf, hexOf, msOf, numberOf, secondsOf, textOf } from './bson-values.ts';

/** What a set's settings say; they change rarely. */
export interface SetConfig {
  readonly name: string;
  readonly replicaSetId: string;
  readonly version: number;
  readonly isConfigServer: boolean;
  readonly members: ReadonlyMap<number, MemberConfig>;
}
interface MemberConfig {
  readonly host: string;
  readonly arbiterOnly: boolean;
  readonly hidden: boolean;
  readonly priority: number;
  readonly votes: number;
  readonly delaySeconds: number;
}

/** Reads the reply of replSetGetConfig; undefined when it holds none. */
export function readSetConfig(reply: Document): SetConfig | undefined {
  const config = documentOf(reply['config']);
  const name = textOf(config?.['_id']);
  const replicaSetId = hexOf(documentOf(config?.['settings'])?.['replicaSetId']);
  if (config === undefined || name === undefined || replicaSetId === undefined) return undefined;
  const members = new Map<number, MemberConfig>();
  for (const member of documentsOf(config['members'])) {
    const host = textOf(member['host']);
    if (host === undefined) continue;
    members.set(numberOf(member['_id']) ?? -1, {
      host,
      arbiterOnly: member['arbiterOnly'] === true,
      hidden: member['hidden'] === true,
      priority: numberOf(member['priority']) ?? 1,
      votes: numberOf(member['votes']) ?? 1,
      delaySeconds: numberOf(member['secondaryDelaySecs'] ?? member['slaveDelay']) ?? 0,
    });
  }
  return {
    name,
    replicaSetId,
    version: numberOf(config['version']) ?? 0,
    isConfigServer: config['configsvr'] === true,
    members,
  };
}

/** One member's view of its set at one moment. */
export interface SetStatus {
  readonly term: number;
  readonly configVersion: number;
  readonly myState: number;
  readonly primary: string | undefined;
  readonly self: MemberStatus | undefined;
  readonly members: readonly MemberStatus[];
}
interface MemberStatus {
  readonly id: number;
  readonly host: string;
  readonly state: number;
  readonly stateName: string;
  readonly health: number;
  /** Wall time of the last applied entry; undefined for arbiters and members that are down. */
  readonly appliedMs: number | undefined;
  readonly syncSource: string | undefined;
}

export function readSetStatus(reply: Document): SetStatus {
  const raw = documentsOf(reply['members']);
  const members = raw.map(readMember);
  const selfIndex = raw.findIndex((member) => member['self'] === true);
  const self = members[selfIndex];
  return {
    term: numberOf(reply['term']) ?? 0,
    configVersion: numberOf(raw[selfIndex]?.['configVersion']) ?? 0,
    myState: numberOf(reply['myState']) ?? -1,
    primary: members.find(({ state }) => state === 1)?.host,
    self,
    members,
  };
}

function readMember(member: Document): MemberStatus {
  const health = numberOf(member['health']) ?? 0;
  const seconds = secondsOf(documentOf(member['optime'])?.['ts']);
  const optimeMs = seconds === undefined || seconds === 0 ? undefined : (msOf(member['optimeDate']) ?? seconds * 1000);
  // 5.0 and newer say it to the millisecond; epoch 0 means "none".
  const wallMs = msOf(member['lastAppliedWallTime']);
  return {
    id: numberOf(member['_id']) ?? -1,
    host: textOf(member['name']) ?? 'unknown',
    state: numberOf(member['state']) ?? 6,
    stateName: textOf(member['stateStr']) ?? 'UNKNOWN',
    health,
    appliedMs: health === 0 ? undefined : wallMs !== undefined && wallMs > 0 ? wallMs : optimeMs,
    syncSource: textOf(member['syncSourceHost'] ?? member['syncingTo']),
  };
}

/**
 * The primary's applied optime minus the member's, minus its configured delay, in ms, both from one reply. Null without a
 * primary, for arbiters and for members that are down. Never negative: what a member hears of the primary is a heartbeat old.
 */
export function lagMs(status: SetStatus, memberId: number, config: SetConfig | undefined): number | null {
  const member = status.members.find(({ id }) => id === memberId);
  const primary = status.members.find(({ state }) => state === 1);
  if (member?.appliedMs === undefined || primary?.appliedMs === undefined) return null;
  const delayMs = (config?.members.get(memberId)?.delaySeconds ?? 0) * 1000;
  return Math.max(0, primary.appliedMs - member.appliedMs - delayMs);
}

/** The set as one member sees it. */
export function describeSet(status: SetStatus, config: SetConfig, reportedBy: string): SetReport {
  const seen = new Map(status.members.map((member) => [member.id, member]));
  const members: MemberReport[] = [];
  for (const [id, settings] of config.members) {
    const member = seen.get(id);
    members.push({
      host: settings.host,
      memberId: id,
      state: member?.state ?? 6,
      stateName: member?.stateName ?? 'UNKNOWN',
      health: member?.health ?? 0,
      arbiterOnly: settings.arbiterOnly,
      hidden: settings.hidden,
      priority: settings.priority,
      votes: settings.votes,
      delaySeconds: settings.delaySeconds,
      ...(member?.appliedMs === undefined ? {} : { appliedMs: member.appliedMs }),
      lagMs: lagMs(status, id, config),
      ...(member?.syncSource === undefined ? {} : { syncSource: member.syncSource }),
    });
  }
  return {
    replicaSetId: config.replicaSetId,
    name: config.name,
    term: Math.max(0, status.term),
    configVersion: config.version,
    reportedBy,
    members: members.slice(0, 100),
    ...(config.isConfigServer ? { clusterRole: 'configsvr' as const } : {}),
  };
}

/** Where this member stands in the set, in the words of a report. */
export function memberRole(status: SetStatus, config: SetConfig | undefined) {
  const settings = config?.members.get(status.self?.id ?? -1);
  switch (status.myState) {
    case 1:
      return 'primary' as const;
    case 2:
      if ((settings?.delaySeconds ?? 0) > 0) return 'delayed' as const;
      return settings?.hidden === true ? ('hidden' as const) : ('secondary' as const);
    case 0:
    case 5:
      return 'startup' as const;
    case 3:
      return 'recovering' as const;
    case 7:
      return 'arbiter' as const;
    case 9:
      return 'rollback' as const;
    case 10:
      return 'removed' as const;
    default:
      return 'unknown' as const;
  }
}
