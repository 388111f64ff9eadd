import { createHash } from 'node:crypto';
import type { MemberReport } from '../../wire/agent-messages.ts';
import type { BackupMember, BackupTask, BackupTasksAnswer } from '../../wire/backup-messages.ts';
import type { CredentialBox } from '../access/credential-box.ts';
import type { GroupFleet } from '../fleet/fleet.ts';
import { targetsFor } from '../fleet/targets.ts';
import type { AgentRecord, HostRecord } from '../ports.ts';
import { optimeOrNull } from './optime-text.ts';
import { type KnownSet, keptOf } from './set-book.ts';

/** A set that an agent has, under this epoch. */
export interface Assigned {
  readonly set: KnownSet;
  readonly epoch: number;
}

/** What an agent has to do; credentials of members only where the agent was approved, sealed to its key. */
export function tasksOf(
  fleet: GroupFleet,
  agent: AgentRecord | undefined,
  box: CredentialBox,
  assigned: readonly Assigned[],
): BackupTask[] {
  return assigned.map((one) => {
    const members = membersOf(fleet, one.set);
    const ids = new Set(members.map(({ record }) => record?.id));
    const targets = new Map(
      targetsFor(fleet, agent, box, (host) => ids.has(host.id)).map((target) => [target.hostId, target]),
    );
    return {
      ...plainTask(one),
      members: members.map(({ member, record }): BackupMember => {
        const { connectTo, tls, credentials } = targets.get(record?.id ?? '') ?? {};
        return {
          ...plainMember(member, record),
          ...(connectTo === undefined ? {} : { connectTo }),
          ...(tls === undefined ? {} : { tls }),
          ...(credentials === undefined ? {} : { credentials }),
        };
      }),
    };
  });
}

/**
 * Differs whenever an agent should read its tasks again: all of them but what the agent's own work moved (checkpoint, parts of a
 * scan), and what its members' logins are made from. A hash, so that it is the same after a restart.
 */
export function tasksVersion(
  fleet: GroupFleet,
  agent: AgentRecord,
  assigned: readonly Assigned[],
  drills: BackupTasksAnswer['drills'],
): number {
  const parts = assigned.map((one) => {
    const { scan, checkpoint: _, chain: _c, ...rest } = plainTask(one);
    const begun = scan === null ? null : [scan.scanId, scan.kind, scan.only, scan.planned];
    const members = membersOf(fleet, one.set).map(({ member, record }) => plainMember(member, record));
    return [rest, begun, members, loginsOf(fleet, one.set)];
  });
  const hash = createHash('sha256')
    .update(JSON.stringify([agent.approved, parts, drills]))
    .digest();
  return hash.readUIntBE(0, 6);
}

function plainTask({ set, epoch }: Assigned): Omit<BackupTask, 'members'> {
  const kept = keptOf(set);
  const { settings, scan, lost } = kept;
  return {
    replicaSetId: set.replicaSetId,
    name: set.name,
    epoch,
    filter: settings.filter,
    limits: settings.limits,
    checkpoint: optimeOrNull(kept.checkpoint),
    chain: kept.chain === null ? null : kept.chain.toString('hex'),
    scan,
    paused: lost !== null && scan === null,
  };
}

interface Member {
  readonly member: MemberReport;
  readonly record: HostRecord | undefined;
}

/** Members that a person had removed from monitoring are not dialled by backup either. */
function membersOf(fleet: GroupFleet, { report }: KnownSet): readonly Member[] {
  const members = (report?.members ?? []).map((member) => ({ member, record: fleet.byName(member.host) }));
  return members.filter(({ record }) => record === undefined || record.standing === 'watched');
}

function plainMember(member: MemberReport, record: HostRecord | undefined): BackupMember {
  return {
    hostId: record?.id ?? member.host,
    host: member.host,
    hidden: member.hidden,
    delaySeconds: member.delaySeconds,
    priority: member.priority,
    arbiter: member.arbiterOnly,
    stateName: member.stateName,
  };
}

/** Where the logins of a set's members come from: themselves, another member, another host of the cluster. */
function loginsOf(fleet: GroupFleet, { replicaSetId }: KnownSet): string {
  const hash = createHash('sha256');
  const clusters = new Set(
    [...fleet.hosts.values()].filter((host) => host.replicaSetId === replicaSetId).map(({ clusterId }) => clusterId),
  );
  for (const host of fleet.hosts.values()) {
    const isNear = host.replicaSetId === replicaSetId || (host.clusterId !== null && clusters.has(host.clusterId));
    if (isNear) hash.update(JSON.stringify([host.id, host.connectTo, host.tls])).update(host.credentials ?? '-');
  }
  return hash.digest('hex');
}
