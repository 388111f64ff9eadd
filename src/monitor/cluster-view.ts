import { type BsonDocument, documentOf, hexOf, textOf } from '../deployment/bson-values.ts';
import { AppError, toAppError } from '../runtime/errors.ts';
import { sleep } from '../runtime/periodic.ts';
import type { ClusterReport } from '../wire/agent-messages.ts';
import type { HostSession } from './host-session.ts';
import type { Poller } from './poller.ts';

const everyMs = 30_000;
const deadlineMs = 10_000;
/** A router that has not been heard of for so long is gone: it writes a ping every 30 s. */
const mongosGoneMs = 600_000;

interface ShardIdentity {
  readonly clusterId: string;
  readonly shardName: string | undefined;
}

/** Asks one host what it knows of a sharded cluster: a config server or router knows all, a shard knows its config servers. */
export class ClusterReader {
  readonly #poller: Poller;
  #report: ClusterReport | undefined;
  #identity: ShardIdentity | undefined;
  #configHosts: readonly string[] = [];

  constructor(poller: Poller) {
    this.#poller = poller;
  }

  get report(): ClusterReport | undefined {
    return this.#poller.report?.reachable === true ? this.#report : undefined;
  }

  /** To which cluster the host's set belongs. */
  get identity(): ShardIdentity | undefined {
    return this.#identity;
  }

  /** The config servers of the shard's cluster, by the names that the shard uses. */
  get configHosts(): readonly string[] {
    return this.#configHosts;
  }

  async run(signal: AbortSignal): Promise<void> {
    let seen: HostSession | undefined;
    let dueAt = 0;
    while (await sleep(1000, signal)) {
      const { session, report } = this.#poller;
      if (session === undefined || report?.reachable !== true || session.hello.type === 'arbiter') continue;
      if (session === seen && performance.now() < dueAt) continue;
      seen = session;
      dueAt = performance.now() + everyMs;
      try {
        await this.#read(session, signal);
      } catch (thrown) {
        // A standalone or a set that is no shard knows nothing, or may not tell: then there is no cluster to show.
        if (signal.aborted || toAppError(thrown).code === 'INTERNAL') continue;
      }
    }
  }

  async #read(session: HostSession, signal: AbortSignal): Promise<void> {
    const isConfig = session.config?.isConfigServer === true;
    if (isConfig || session.hello.type === 'mongos') {
      this.#report = await readCluster(session, this.#poller.clock.toHostMs(Date.now()), signal);
      if (isConfig && this.#report !== undefined) {
        this.#identity = { clusterId: this.#report.clusterId, shardName: undefined };
      }
      return;
    }
    if (session.hello.setName === undefined) return;
    const shard = await readShardIdentity(session, signal);
    const [, hosts] = (textOf(shard?.['configsvrConnectionString']) ?? '').split('/', 2);
    this.#configHosts = hosts === undefined ? [] : hosts.split(',').slice(0, 100);
    const clusterId = hexOf(shard?.['clusterId']);
    if (clusterId !== undefined) this.#identity = { clusterId, shardName: textOf(shard?.['shardName']) };
  }
}

/** Who the shard is, or at least (the role clusterMonitor allows no more) who its config servers are. */
async function readShardIdentity(session: HostSession, signal: AbortSignal): Promise<BsonDocument | undefined> {
  try {
    const [shard] = await find(session, 'admin', 'system.version', signal, { _id: 'shardIdentity' });
    return shard;
  } catch (thrown) {
    if (!(thrown instanceof AppError && thrown.code === 'MONGODB_PRIVILEGE_MISSING')) throw thrown;
    const status = await session.client.command('admin', serverStatusOfSharding, { deadlineMs, signal });
    return documentOf(status['sharding']);
  }
}

/** All large sections are left out. */
const serverStatusOfSharding = {
  serverStatus: 1,
  ...Object.fromEntries(['metrics', 'locks', 'wiredTiger', 'tcmalloc', 'repl', 'opcounters'].map((name) => [name, 0])),
};

async function readCluster(session: HostSession, now: number, signal: AbortSignal): Promise<ClusterReport | undefined> {
  const [version] = await find(session, 'config', 'version', signal);
  const clusterId = hexOf(version?.['clusterId']);
  if (clusterId === undefined) return undefined;
  const shards = (await find(session, 'config', 'shards', signal)).flatMap((shard) => {
    const name = textOf(shard['_id']);
    const [setName, hosts] = (textOf(shard['host']) ?? '').split('/', 2);
    if (name === undefined || setName === undefined || hosts === undefined) return [];
    return { name, setName, hosts: hosts.split(',').slice(0, 100) };
  });
  const mongos = (await find(session, 'config', 'mongos', signal)).flatMap((router) => {
    const host = textOf(router['_id']);
    const pinged = router['ping'] instanceof Date ? router['ping'].getTime() : undefined;
    if (host === undefined || (pinged !== undefined && now - pinged > mongosGoneMs)) return [];
    const mongosVersion = textOf(router['mongoVersion']);
    return {
      host,
      ...(mongosVersion === undefined ? {} : { version: mongosVersion }),
      ...(pinged === undefined ? {} : { pingMs: pinged }),
    };
  });
  const configSetName = session.config?.isConfigServer === true ? session.config.name : undefined;
  return { clusterId, shards, mongos, ...(configSetName === undefined ? {} : { configSetName }) };
}

async function find(
  session: HostSession,
  database: string,
  collection: string,
  signal: AbortSignal,
  filter: object = {},
) {
  const command = { find: collection, filter, batchSize: 5000, limit: 5000, singleBatch: true };
  const found = await session.client.firstBatch(database, command, deadlineMs, signal);
  return found.flatMap((item) => documentOf(item) ?? []);
}

/** One report per cluster, from whoever knows it. */
export function describeClusters(watched: readonly { readonly cluster: ClusterReader }[]): ClusterReport[] {
  const clusters = new Map<string, ClusterReport>();
  for (const { cluster } of watched) {
    const { report } = cluster;
    if (report === undefined) continue;
    const known = clusters.get(report.clusterId);
    clusters.set(report.clusterId, { ...known, ...report });
  }
  return [...clusters.values()];
}
