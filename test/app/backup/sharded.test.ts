import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BSON, type MongoClient, type Timestamp } from 'mongodb';
import type { BackupSet } from '../../../src/wire/api/backups.ts';
import { type BackedUpSet, startBackedUpSet } from '../../support/backed-up-set.ts';
import { eventually } from '../../support/eventually.ts';
import { startMongod } from '../../support/mongod.ts';
import type { MongodVersion } from '../../support/mongod-binary.ts';
import { createShardedCollection, startShardedCluster } from '../../support/sharded.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { operationTime } from '../../support/workload/random-workload.ts';
import { catalogNow, hashesAt } from '../../support/workload/source-oracle.ts';

const versions: readonly MongodVersion[] = ['6.0'];
/** What says which chunk is where. */
const sharding = ['shards', 'databases', 'collections', 'chunks', 'version'];

for (const version of versions) {
  test(`a shard and the config servers come back as the replica sets that they are, mongod ${version}`, async () => {
    await using folder = tempDir();
    await using cluster = await startShardedCluster({ version });
    const [shard] = cluster.shards;
    if (shard === undefined) throw new Error('the cluster has no shard');
    await createShardedCollection(cluster, 'shop', 'orders');
    await using onShard = await shard.connect();
    await using onConfig = await cluster.config.connect();
    await insert(onShard, 0, 500);
    await using backedUp = await startBackedUpSet(folder, shard);
    // Monitoring finds them by the shard.
    const known = async (): Promise<boolean> => (await setNamed(backedUp, 'config')) !== undefined;
    await eventually(known, { timeoutMs: 240_000, what: 'the config servers in the list of backups' });
    await backedUp.leafward(['backup', 'start', 'config', '--wait']);
    await insert(onShard, 500, 1000);
    await createShardedCollection(cluster, 'crm', 'people');

    const shardAt = await operationTime(onShard);
    const hashes = await hashesAt(onShard, undefined);
    const catalog = await catalogNow(onShard);
    assert.ok(hashes.has('shop.orders') && hashes.has('crm.people'), [...hashes.keys()].join());
    const configAt = await operationTime(onConfig);
    const placement = await placementOf(onConfig);
    assert.equal(placement.get('shards')?.length, 2);
    // What comes later is not restored.
    await onShard.db('shop').collection('orders').deleteMany({});
    await createShardedCollection(cluster, 'later', 'things');

    await backedUp.protectedUntil(shardAt);
    await using shardTarget = await startMongod({ version });
    await backedUp.restoreTo(shardTarget, shardAt);
    await using restoredShard = await shardTarget.connect();
    assert.deepEqual(Object.fromEntries(await hashesAt(restoredShard, undefined)), Object.fromEntries(hashes));
    assert.deepEqual(Object.fromEntries(await catalogNow(restoredShard)), Object.fromEntries(catalog));

    await configProtectedUntil(backedUp, configAt);
    await using plain = await startMongod({ version });
    const restoreConfig = (uri: string): Promise<unknown> =>
      backedUp.leafward(['restore', '--replica-set', 'config', '--optime', text(configAt), '--to', uri, '--yes']);
    await restoreConfig(plain.uri);
    await using restoredConfig = await plain.connect();
    assert.deepEqual(Object.fromEntries(await placementOf(restoredConfig)), Object.fromEntries(placement));
    // With the data of before, it is a config server of the same cluster.
    await plain.restart({ args: ['--configsvr', '--replSet', 'config'] });
    await using again = await plain.connect();
    await again.db('admin').command({ replSetInitiate: {} });
    await eventually(async () => (await again.db('admin').command({ hello: 1 }))['isWritablePrimary'] === true);
    assert.deepEqual(Object.fromEntries(await placementOf(again)), Object.fromEntries(placement));
    await assert.rejects(restoreConfig(plain.uri), /is a config server[\s\S]*code: TARGET_REFUSED/);
  });
}

async function insert(client: MongoClient, from: number, until: number): Promise<void> {
  const documents = Array.from({ length: until - from }, (_, at) => ({ _id: from + at, text: `order ${from + at}` }));
  await client.db('shop').collection<{ _id: number }>('orders').insertMany(documents);
}

async function placementOf(client: MongoClient): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = new Map<string, readonly string[]>();
  for (const name of sharding) {
    const documents = await client.db('config').collection(name).find().sort({ _id: 1 }).toArray();
    found.set(
      name,
      documents.map((document) => BSON.EJSON.stringify(document, { relaxed: false })),
    );
  }
  return found;
}

async function setNamed(backedUp: BackedUpSet, name: string): Promise<BackupSet | undefined> {
  const sets = await backedUp.product.api<BackupSet[]>('GET', '/backups');
  return sets.find((set) => set.name === name);
}

async function configProtectedUntil(backedUp: BackedUpSet, at: Timestamp): Promise<void> {
  const wanted = at.toBigInt();
  await eventually(
    async () => {
      const until = (await setNamed(backedUp, 'config'))?.protectedUntil?.ts;
      const [seconds = '0', ordinal = '0'] = until?.split(':') ?? [];
      return ((BigInt(seconds) << 32n) | BigInt(ordinal)) >= wanted;
    },
    { timeoutMs: 240_000, what: 'the protection of the config servers' },
  );
}

function text(at: Timestamp): string {
  return `${at.getHighBitsUnsigned()}:${at.getLowBitsUnsigned()}`;
}
