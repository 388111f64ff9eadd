import type { Document, MongoClient } from 'mongodb';
import { eventually } from './eventually.ts';
import { type ReplicaSet, type ReplicaSetOptions, startReplicaSet } from './replica-set.ts';

export interface ShardedOptions extends Pick<ReplicaSetOptions, 'version'> {
  /** Default 2. */
  readonly shards?: number;
  /** Members of each shard; default 1. */
  readonly membersPerShard?: number;
}

export interface ShardedCluster extends AsyncDisposable {
  readonly config: ReplicaSet;
  readonly shards: readonly ReplicaSet[];
}

/**
 * A real sharded cluster without a mongos (there is none to be had as a wheel): the config servers take the commands
 * that a mongos would send them. `config.shards`, `config.databases` and `config.chunks` are then what they are anywhere.
 */
export async function startShardedCluster(options: ShardedOptions = {}): Promise<ShardedCluster> {
  await using resources = new AsyncDisposableStack();
  const version = options.version === undefined ? {} : { version: options.version };
  const config = resources.use(await startReplicaSet({ ...version, name: 'config', args: ['--configsvr'] }));
  const shards: ReplicaSet[] = [];
  for (let index = 0; index < (options.shards ?? 2); index++) {
    const members = options.membersPerShard ?? 1;
    shards.push(
      resources.use(await startReplicaSet({ ...version, name: `sh${index}`, members, args: ['--shardsvr'] })),
    );
  }
  await using client = await config.connect();
  for (const shard of shards) {
    await command(client, { _configsvrAddShard: `${shard.name}/${shard.hosts.join(',')}`, name: shard.name });
  }
  const owned = resources.move();
  return { config, shards, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** Makes a database on a shard and a hashed collection of four chunks in it. */
export async function createShardedCollection(
  cluster: ShardedCluster,
  database: string,
  collection: string,
  primaryShard = cluster.shards[0],
): Promise<void> {
  if (primaryShard === undefined) throw new Error('the cluster has no shard');
  await using config = await cluster.config.connect();
  await command(config, { _configsvrCreateDatabase: database, primaryShardId: primaryShard.name });
  const entry = await config
    .db('config')
    .collection<{ _id: string; version: Document }>('databases')
    .findOne({ _id: database });
  if (entry === null) throw new Error(`config.databases has no ${database}`);
  await using shard = await primaryShard.connect();
  await command(
    shard,
    {
      _shardsvrCreateCollection: collection,
      shardKey: { _id: 'hashed' },
      numInitialChunks: 4,
      databaseVersion: entry.version,
    },
    database,
  );
}

async function command(client: MongoClient, body: Document, database = 'admin'): Promise<void> {
  // A shard that has just been started may still be taking up its place.
  await eventually(
    async () => (await client.db(database).command({ ...body, writeConcern: { w: 'majority' } }))['ok'] === 1,
    {
      everyMs: 250,
      what: Object.keys(body)[0] ?? 'command',
    },
  );
}
