import type { Host, TopologyAnswer, TopologyMember, TopologySet } from '../../../wire/api/deployment.ts';

export interface CompareTarget {
  /** Value of `set` in the address: a replica set's id, or `cluster:<id>`. */
  readonly id: string;
  readonly label: string;
  readonly members: readonly CompareMember[];
  /** The oldest sample of any member; null without any. */
  readonly firstSampleMs: number | null;
}

export interface CompareMember {
  readonly hostId: string;
  readonly label: string;
  readonly role: string;
}

/** What can be compared: the members of every set, and of every cluster its routers and all members of its shards. */
export function compareTargets(topology: TopologyAnswer, hosts: readonly Host[]): readonly CompareTarget[] {
  const sets = [
    ...topology.sets,
    ...topology.clusters.flatMap((cluster) => [
      ...cluster.shards,
      ...(cluster.configSet === null ? [] : [cluster.configSet]),
    ]),
  ];
  const clusters = topology.clusters.flatMap((cluster): Plain[] => [
    { id: `mongos:${cluster.clusterId}`, label: `${cluster.name}, routers`, members: known(cluster.mongos) },
    {
      id: `cluster:${cluster.clusterId}`,
      label: `${cluster.name}, primaries of all shards`,
      members: known(cluster.shards.flatMap(primaryOf)),
    },
  ]);
  const alone: Plain = {
    id: 'standalones',
    label: 'Standalone processes',
    members: known(topology.standalones),
  };
  const all = [
    ...sets.map((set) => ({ id: set.replicaSetId, label: set.name, members: known(set.members) })),
    ...clusters,
    alone,
  ];
  return all
    .filter((target) => target.members.length > 0)
    .map((target) => ({
      ...target,
      members: shortLabels(target.members),
      firstSampleMs: oldestSample(target.members, hosts),
    }));
}

type Plain = Omit<CompareTarget, 'firstSampleMs'>;

function oldestSample(members: readonly CompareMember[], hosts: readonly Host[]): number | null {
  const ids = new Set(members.map((member) => member.hostId));
  const firsts = hosts.filter((host) => ids.has(host.id) && host.firstSampleAtMs !== null);
  return firsts.length === 0
    ? null
    : Math.min(...firsts.map((host) => host.firstSampleAtMs ?? Number.POSITIVE_INFINITY));
}

function primaryOf(set: TopologySet): readonly TopologyMember[] {
  return set.members.filter((member) => member.role === 'primary');
}

function known(members: readonly TopologyMember[]): readonly CompareMember[] {
  return members.flatMap((member) =>
    member.hostId === null ? [] : [{ hostId: member.hostId, label: member.host, role: member.role }],
  );
}

/** Names without the domain and the port, where they still tell the members apart. */
function shortLabels(members: readonly CompareMember[]): readonly CompareMember[] {
  const isAddress = members.some((member) => /^(\d+\.|\[)/.test(member.label));
  const short = members.map((member) => member.label.split(/[.:]/, 1)[0] ?? member.label);
  if (isAddress || new Set(short).size < members.length) return members;
  return members.map((member, at) => ({ ...member, label: short[at] ?? member.label }));
}
