import type { HostConnection } from '../deployment/connect.ts';
import type { Logins } from '../deployment/logins.ts';
import type { Log } from '../runtime/log.ts';
import type { AgentIdentity } from '../wire/agent-identity.ts';
import type { HostDocument, HostReport, SetReport, SettingsAnswer } from '../wire/agent-messages.ts';
import type { MonitoringAgentSettings } from './agent-settings.ts';
import { ClusterReader } from './cluster-view.ts';
import { hostConnection } from './host-connection.ts';
import { watchDocuments } from './host-documents.ts';
import { Poller, type PollerShare } from './poller.ts';
import { type PastParts, sendPast } from './send-past.ts';
import { collectSlowly } from './slow-collection.ts';

interface TargetSetParts {
  readonly settings: MonitoringAgentSettings;
  readonly identity: AgentIdentity;
  readonly share: PollerShare;
  readonly onDocument: (document: HostDocument) => void;
  /** Absent when the past is not to be sent. */
  readonly past?: PastParts | undefined;
  readonly log: Log;
}

/** A watched host with its loops. `key` tells whether the target changed. */
interface Watched {
  readonly key: string;
  readonly poller: Poller;
  readonly connection: HostConnection;
  readonly cluster: ClusterReader;
  readonly stop: AbortController;
  readonly loops: readonly Promise<void>[];
}

/** Who is polled: as the server last said it. Each host has its own loops; none waits for another. */
export class TargetSet {
  readonly #parts: TargetSetParts;
  readonly #watched = new Map<string, Watched>();
  #answer: SettingsAnswer | undefined;

  constructor(parts: TargetSetParts) {
    this.#parts = parts;
  }

  /** Starts, restarts and ends pollers; a standby has none. */
  async apply(answer: SettingsAnswer): Promise<void> {
    this.#answer = answer;
    const wanted = answer.role === 'active' ? answer.targets : [];
    const ids = new Set(wanted.map(({ hostId }) => hostId));
    const gone: Watched[] = [];
    for (const [hostId, watched] of this.#watched) {
      if (!ids.has(hostId)) {
        gone.push(watched);
        this.#watched.delete(hostId);
        this.#parts.share.replies.forget(hostId);
        if (answer.role === 'active') this.#parts.share.outbox.forget(hostId);
      }
    }
    for (const target of wanted) {
      const { settings, identity, log } = this.#parts;
      const connection = hostConnection(target, settings, identity, log);
      const key = JSON.stringify([connection, answer.intervalMs]);
      const known = this.#watched.get(target.hostId);
      if (known?.key === key) continue;
      if (known !== undefined) gone.push(known);
      this.#watched.set(target.hostId, this.#start(target.hostId, connection, key, answer.intervalMs));
    }
    // Old loops end in the background: a host that hangs must not hold up the others.
    for (const watched of gone) void end(watched);
  }

  /** For hosts for which the server names no login. */
  get logins(): Logins | undefined {
    return this.#parts.settings.logins;
  }

  connection(hostId: string): HostConnection | undefined {
    return this.#watched.get(hostId)?.connection;
  }

  pollers(): readonly { readonly poller: Poller; readonly cluster: ClusterReader }[] {
    return [...this.#watched.values()];
  }

  reports(): HostReport[] {
    return [...this.#watched.values()].flatMap(({ poller }) => poller.report ?? []);
  }

  /** Every host was polled at least once. */
  get allSeen(): boolean {
    return [...this.#watched.values()].every(({ poller }) => poller.report !== undefined);
  }

  /** One view per set: the primary's, else that of the member with the newest term. */
  sets(): SetReport[] {
    const best = new Map<string, SetReport>();
    for (const { poller, cluster } of this.#watched.values()) {
      const { set } = poller;
      if (set === undefined) continue;
      const known = best.get(set.replicaSetId);
      if (known !== undefined && rank(known) >= rank(set)) continue;
      const identity = cluster.identity ?? this.#shardOf(set);
      best.set(set.replicaSetId, {
        ...set,
        ...(identity === undefined ? {} : { clusterId: identity.clusterId }),
        ...(identity?.shardName === undefined
          ? {}
          : { shardName: identity.shardName, clusterRole: 'shardsvr' as const }),
        ...(cluster.configHosts.length === 0 ? {} : { configHosts: [...cluster.configHosts] }),
      });
    }
    return [...best.values()];
  }

  /** Users of the agent may as a rule not ask a shard who it is; the config servers know it too. */
  #shardOf({ members }: SetReport): { readonly clusterId: string; readonly shardName: string } | undefined {
    const names = new Set(members.map(({ host }) => host));
    for (const { cluster } of this.#watched.values()) {
      const shard = cluster.report?.shards.find(({ hosts }) => hosts.some((host) => names.has(host)));
      if (cluster.report !== undefined && shard !== undefined) {
        return { clusterId: cluster.report.clusterId, shardName: shard.name };
      }
    }
    return undefined;
  }

  async close(): Promise<void> {
    const all = [...this.#watched.values()];
    this.#watched.clear();
    await Promise.allSettled(all.map(end));
  }

  #start(hostId: string, connection: HostConnection, key: string, intervalMs: number): Watched {
    const { share, onDocument, past, log } = this.#parts;
    const poller = new Poller({ hostId, connection, intervalMs }, share);
    const cluster = new ClusterReader(poller);
    const stop = new AbortController();
    // A spread by id, so that many hosts are not asked in the same moment.
    poller.start(spread(hostId) % Math.min(intervalMs, this.#watched.size > 10 ? 5000 : 200));
    const loops = [
      collectSlowly(
        poller,
        {
          databases: () => this.#answer?.collectDatabases === true,
          collections: () => this.#answer?.collectCollections === true,
          log,
        },
        stop.signal,
      ),
      watchDocuments(poller, onDocument, stop.signal),
      cluster.run(stop.signal),
      ...(past === undefined ? [] : [sendPast(poller, intervalMs, past, stop.signal)]),
    ];
    return { key, poller, connection, cluster, stop, loops };
  }
}

async function end({ poller, stop, loops }: Watched): Promise<void> {
  stop.abort();
  await Promise.allSettled([poller.close(), ...loops]);
}

function rank({ term, members, reportedBy }: SetReport): number {
  const isPrimary = members.some(({ state, host }) => state === 1 && host === reportedBy);
  return term * 2 + (isPrimary ? 1 : 0);
}

function spread(hostId: string): number {
  let hash = 0;
  for (const char of hostId) hash = (Math.imul(hash, 31) + (char.codePointAt(0) ?? 0)) >>> 0;
  return hash;
}
