import { parseHostAddress } from '../../model/host-address.ts';
import type { ClusterReport, ReportRequest, SetReport } from '../../wire/agent-messages.ts';
import type { HostRecord } from '../ports.ts';
import { hostsPerGroup, newHost } from './change-hosts.ts';
import type { GroupFleet } from './fleet.ts';

/** Changes to the list of hosts that a report asks for. */
export interface DiscoveryPlan {
  readonly save: readonly HostRecord[];
  readonly remove: readonly string[];
}

/**
 * Works on copies: which hosts are new, which names are one host (same process run, or the name a process calls itself by),
 * who belongs to which set and cluster, and who left. Pure but for the ids it makes.
 */
export function planDiscovery(fleet: GroupFleet, report: ReportRequest, nowMs: number): DiscoveryPlan {
  const draft = new Draft(fleet, nowMs);
  mergeAliases(draft, report);
  for (const cluster of report.clusters) joinCluster(draft, cluster);
  for (const set of report.sets) joinSet(draft, fleet, set);
  return draft.plan();
}

class Draft {
  readonly nowMs: number;
  readonly groupId: string;
  readonly hosts: Map<string, HostRecord>;
  readonly #byName = new Map<string, string>();
  readonly #changed = new Set<string>();
  readonly #removed = new Set<string>();

  constructor(fleet: GroupFleet, nowMs: number) {
    this.nowMs = nowMs;
    this.groupId = fleet.group.id;
    this.hosts = new Map(fleet.hosts);
    for (const host of this.hosts.values()) {
      for (const name of [host.host, ...host.aliases]) this.#byName.set(name, host.id);
    }
  }

  find(name: string): HostRecord | undefined {
    const id = this.#byName.get(normal(name));
    return id === undefined ? undefined : this.hosts.get(id);
  }

  put(host: HostRecord): void {
    this.hosts.set(host.id, host);
    this.#changed.add(host.id);
    for (const name of [host.host, ...host.aliases]) this.#byName.set(name, host.id);
  }

  findOrAdd(name: string): HostRecord | undefined {
    const known = this.find(name);
    if (known !== undefined || this.hosts.size >= hostsPerGroup) return known;
    const made = newHost(this.groupId, normal(name), this.nowMs);
    this.put(made);
    return made;
  }

  /** Gives `kept` the names of `other`, which goes. */
  merge(kept: HostRecord, other: HostRecord): void {
    this.hosts.delete(other.id);
    this.#changed.delete(other.id);
    this.#removed.add(other.id);
    const aliases = new Set([...kept.aliases, other.host, ...other.aliases]);
    aliases.delete(kept.host);
    const tags = [...new Set([...kept.tags, ...other.tags])].slice(0, 20);
    this.put({ ...kept, seed: kept.seed || other.seed, aliases: [...aliases].slice(0, 20), tags });
  }

  addAlias(host: HostRecord, name: string): void {
    this.put({ ...host, aliases: [...host.aliases, normal(name)].slice(0, 20) });
  }

  plan(): DiscoveryPlan {
    return { save: [...this.#changed].flatMap((id) => this.hosts.get(id) ?? []), remove: [...this.#removed] };
  }
}

function mergeAliases(draft: Draft, report: ReportRequest): void {
  const byProcess = new Map<string, string>();
  const reached = new Set(report.hosts.filter(({ reachable }) => reachable).map(({ hostId }) => hostId));
  for (const { hostId, processId, me, reachable } of report.hosts) {
    const host = draft.hosts.get(hostId);
    if (host === undefined || !reachable) continue;
    const firstId = processId === undefined ? undefined : byProcess.get(processId);
    const first = firstId === undefined ? undefined : draft.hosts.get(firstId);
    if (first !== undefined && first.id !== host.id) {
      const [kept, other] = older(first, host) ? [first, host] : [host, first];
      draft.merge(kept, other);
      if (processId !== undefined) byProcess.set(processId, kept.id);
      continue;
    }
    if (processId !== undefined) byProcess.set(processId, hostId);
    if (me !== undefined && isName(me)) joinOwnName(draft, host.id, me, reached);
  }
}

/** The advertised name of a host that was added under another one (a tunnel, a container's port) is the same host. */
function joinOwnName(draft: Draft, hostId: string, me: string, reached: ReadonlySet<string>): void {
  const host = draft.hosts.get(hostId);
  if (host === undefined) return;
  const other = draft.find(me);
  if (other === undefined) draft.addAlias(host, me);
  // Found by discovery before, but it cannot be reached by that name: one host after all.
  else if (other.id !== host.id && !other.seed && !reached.has(other.id)) draft.merge(host, other);
}

/** Seeds stay, then what was known first: its id is in people's links. */
function older(a: HostRecord, b: HostRecord): boolean {
  if (a.seed !== b.seed) return a.seed;
  return a.addedAtMs <= b.addedAtMs;
}

function joinCluster(draft: Draft, cluster: ClusterReport): void {
  for (const shard of cluster.shards) {
    for (const name of shard.hosts) join(draft, name, { clusterId: cluster.clusterId, shardName: shard.name });
  }
  for (const { host } of cluster.mongos) join(draft, host, { clusterId: cluster.clusterId });
}

function joinSet(draft: Draft, fleet: GroupFleet, set: SetReport): void {
  const newest = fleet.sets.get(set.replicaSetId)?.report;
  // A member that was cut off still tells an old list: it must not bring back or remove anybody.
  if (newest !== undefined && set.configVersion < newest.configVersion && set.term <= newest.term) return;
  const present = new Set<string>();
  const place = { clusterId: set.clusterId, shardName: set.shardName };
  for (const { host } of set.members) {
    const joined = join(draft, host, { replicaSetId: set.replicaSetId, ...place });
    if (joined !== undefined) present.add(joined.id);
  }
  for (const name of set.configHosts ?? []) {
    // Who left its set stays away: a shard may not have heard of it yet.
    if (isName(name) && draft.find(name)?.standing !== 'departed') join(draft, name, { clusterId: set.clusterId });
  }
  for (const host of draft.hosts.values()) {
    if (host.replicaSetId !== set.replicaSetId || present.has(host.id)) continue;
    if (host.seed) draft.put({ ...host, replicaSetId: null, clusterId: null, shardName: null });
    else if (host.standing === 'watched') draft.put({ ...host, standing: 'departed' });
  }
}

interface Place {
  readonly replicaSetId?: string | undefined;
  readonly clusterId?: string | undefined;
  readonly shardName?: string | undefined;
}

function join(draft: Draft, name: string, place: Place): HostRecord | undefined {
  if (!isName(name)) return undefined;
  const host = draft.findOrAdd(name);
  if (host === undefined) return undefined;
  const joined: HostRecord = {
    ...host,
    replicaSetId: place.replicaSetId ?? host.replicaSetId,
    clusterId: place.clusterId ?? host.clusterId,
    shardName: place.shardName ?? host.shardName,
    standing: host.standing === 'departed' ? 'watched' : host.standing,
  };
  const same =
    joined.replicaSetId === host.replicaSetId &&
    joined.clusterId === host.clusterId &&
    joined.shardName === host.shardName &&
    joined.standing === host.standing;
  if (!same) draft.put(joined);
  return joined;
}

function isName(name: string): boolean {
  try {
    parseHostAddress(name);
    return true;
  } catch {
    return false;
  }
}

function normal(name: string): string {
  return parseHostAddress(name);
}
