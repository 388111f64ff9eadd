import { parseHostAddress } from '../../model/host-address.ts';
import type { Clock } from '../../runtime/clock.ts';
import { AppError } from '../../runtime/errors.ts';
import type { ClusterReport, SetReport } from '../../wire/agent-messages.ts';
import type { HostExposure } from '../../wire/api/exposure.ts';
import type { AgentRecord, AgentStore, GroupRecord, GroupStore, HostRecord, HostStore } from '../ports.ts';

export interface Seen<T> {
  readonly report: T;
  /** When it was last written to the store. */
  readonly atMs: number;
  /** When an agent last said it; absent = not since this server started. */
  readonly seenAtMs?: number;
}

interface FleetStores {
  readonly groups: GroupStore;
  readonly hosts: HostStore;
  readonly agents: AgentStore;
}

/** One group's hosts, sets, clusters and agents as last seen. Read freely; changed through the methods only. */
export class GroupFleet {
  readonly hosts: Map<string, HostRecord>;
  readonly sets: Map<string, Seen<SetReport>>;
  readonly clusters: Map<string, Seen<ClusterReport>>;
  readonly agents: Map<string, AgentRecord>;
  /** What looks from outside found, by host id; the exposure check puts it here. */
  readonly exposures = new Map<string, HostExposure>();
  group: GroupRecord;
  /** When an active agent last reported (server time); null = not since this server started. */
  lastReportAtMs: number | null = null;
  /** Before an agent had the time to report again after a start, nothing is called unknown. */
  readonly loadedAtMs: number;
  /** Grows with every change: caches compare it. */
  revision = 0;
  readonly #stores: FleetStores;

  constructor(stores: FleetStores, loaded: LoadedGroup, nowMs: number) {
    this.loadedAtMs = nowMs;
    this.#stores = stores;
    this.group = loaded.group;
    this.hosts = new Map(loaded.hosts.map((host) => [host.id, host]));
    this.sets = new Map(loaded.sets.map((set) => [set.report.replicaSetId, set]));
    this.clusters = new Map(loaded.clusters.map((cluster) => [cluster.report.clusterId, cluster]));
    this.agents = new Map(loaded.agents.map((agent) => [agent.id, agent]));
  }

  /** @throws NOT_FOUND also for a host of another group. */
  host(hostId: string): HostRecord {
    const found = this.hosts.get(hostId);
    if (found === undefined) throw new AppError('NOT_FOUND', `there is no host ${hostId} in this group`);
    return found;
  }

  agent(agentId: string): AgentRecord {
    const found = this.agents.get(agentId);
    if (found === undefined) throw new AppError('NOT_FOUND', `there is no agent ${agentId} in this group`);
    return found;
  }

  /** The host that has this name or alias. */
  byName(name: string): HostRecord | undefined {
    const wanted = parseHostAddress(name);
    for (const host of this.hosts.values()) {
      if (host.host === wanted || host.aliases.includes(wanted)) return host;
    }
    return undefined;
  }

  /** Memory first, so that nothing that happens meanwhile is lost; taken back when the store refuses. */
  async saveHosts(hosts: readonly HostRecord[]): Promise<void> {
    const before = hosts.map((host) => [host.id, this.hosts.get(host.id)] as const);
    for (const host of hosts) this.hosts.set(host.id, host);
    this.revision++;
    try {
      await this.#stores.hosts.saveHosts(hosts);
    } catch (thrown) {
      for (const [id, record] of before) {
        if (record === undefined) this.hosts.delete(id);
        else this.hosts.set(id, record);
      }
      throw thrown;
    }
  }

  /** In memory only: what every report says again. */
  noteHost(host: HostRecord): void {
    this.hosts.set(host.id, host);
    this.revision++;
  }

  async removeHost(hostId: string): Promise<void> {
    await this.#stores.hosts.removeHost(this.group.id, hostId);
    this.hosts.delete(hostId);
    this.revision++;
  }

  async saveAgent(agent: AgentRecord): Promise<void> {
    this.noteAgent(agent);
    await this.#stores.agents.saveAgent(agent);
  }

  noteAgent(agent: AgentRecord): void {
    this.agents.set(agent.id, agent);
    this.revision++;
  }

  async removeAgent(agentId: string): Promise<void> {
    await this.#stores.agents.removeAgent(this.group.id, agentId);
    this.agents.delete(agentId);
    this.revision++;
  }

  async saveGroup(group: GroupRecord): Promise<void> {
    await this.#stores.groups.saveGroup(group);
    this.group = group;
    this.revision++;
  }

  async removeSet(replicaSetId: string): Promise<void> {
    await this.#stores.hosts.removeSet(this.group.id, replicaSetId);
    this.sets.delete(replicaSetId);
    this.revision++;
  }

  async removeCluster(clusterId: string): Promise<void> {
    await this.#stores.hosts.removeCluster(this.group.id, clusterId);
    this.clusters.delete(clusterId);
    this.revision++;
  }

  async saveViews(atMs: number, sets: readonly SetReport[], clusters: readonly ClusterReport[]): Promise<void> {
    await this.#stores.hosts.saveViews(this.group.id, atMs, sets, clusters);
  }
}

interface LoadedGroup {
  readonly group: GroupRecord;
  readonly hosts: readonly HostRecord[];
  readonly sets: readonly Seen<SetReport>[];
  readonly clusters: readonly Seen<ClusterReport>[];
  readonly agents: readonly AgentRecord[];
}

/** All groups, each loaded from the stores when first asked for. */
export class Fleet {
  readonly #stores: FleetStores;
  readonly #clock: Clock;
  readonly #groups = new Map<string, Promise<GroupFleet>>();

  constructor(stores: FleetStores, clock: Clock) {
    this.#stores = stores;
    this.#clock = clock;
  }

  /** @throws NOT_FOUND */
  async group(groupId: string): Promise<GroupFleet> {
    const known = this.#groups.get(groupId);
    if (known !== undefined) return known;
    const loading = this.#load(groupId);
    this.#groups.set(groupId, loading);
    loading.catch(() => this.#groups.delete(groupId));
    return loading;
  }

  /** Every group that the stores hold. */
  async all(): Promise<readonly GroupFleet[]> {
    const records = await this.#stores.groups.groups();
    return Promise.all(records.map(({ id }) => this.group(id)));
  }

  /** After its group was removed from the stores. */
  forget(groupId: string): void {
    this.#groups.delete(groupId);
  }

  async #load(groupId: string): Promise<GroupFleet> {
    const group = await this.#stores.groups.group(groupId);
    if (group === undefined) throw new AppError('NOT_FOUND', 'there is no such group');
    const [hosts, sets, clusters, agents] = await Promise.all([
      this.#stores.hosts.hosts(groupId),
      this.#stores.hosts.sets(groupId),
      this.#stores.hosts.clusters(groupId),
      this.#stores.agents.agents(groupId),
    ]);
    return new GroupFleet(this.#stores, { group, hosts, sets, clusters, agents }, this.#clock.now());
  }
}
