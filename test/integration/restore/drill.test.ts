import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Db, MongoClient } from 'mongodb';
import { drill } from '../../../src/restore/drill.ts';
import { indexDifferences } from '../../../src/restore/index-proof.ts';
import { makePlan } from '../../../src/restore/plan.ts';
import { Target } from '../../../src/restore/target.ts';
import { startMongod } from '../../support/mongod.ts';
import type { MongodVersion } from '../../support/mongod-binary.ts';
import { startReplicaSet } from '../../support/replica-set.ts';
import { memorySource, readDatabases } from '../../support/restore-source.ts';
import { hashesAt } from '../../support/workload/source-oracle.ts';
import { fillEveryKind } from './every-kind.ts';

const versions: readonly MongodVersion[] = ['6.0', '4.4'];

for (const version of versions) {
  test(`a drill into a mongod ${version} replaces the last one, keeps TTL off and finds what is not as it was`, async () => {
    await using from = await startMongod({ version });
    await using to = await startMongod({ version });
    await using source = await from.connect();
    await using client = await to.connect();
    await fillEveryKind(source, from.port, version);
    await source.db('admin').collection('notes').insertOne({ text: 'in admin' });
    const collections = await readDatabases(source, ['test', 'shop', 'admin']);
    const backup = memorySource(collections, { targetBytes: 20_000 });
    await using target = await Target.open({ uri: to.uri, connections: 2, signal: new AbortController().signal });

    const first = await drill(backup, target);
    assert.deepEqual(first.differences, []);
    assert.deepEqual(await userHashes(client), await userHashes(source));
    const ttl = await client.db('shop').collection('orders').indexes();
    assert.ok(ttl.every((index) => index.expireAfterSeconds === undefined));
    await client.db('test').collection('left by a drill that was killed').insertOne({});
    assert.deepEqual((await drill(backup, target)).differences, []);
    assert.deepEqual(await userHashes(client), await userHashes(source));

    await spoilIndexes(client.db('shop'));
    const planned = makePlan(backup, { namespaces: ['shop.orders'], renames: [], usersAndRoles: false }).collections[0];
    assert.ok(planned);
    const differences = await indexDifferences(target, planned);
    assert.deepEqual(
      differences.map((one) => one.replace(/^shop\.orders: the index /, '')),
      ['y_hashed is missing', 'x_1 has another definition', 'more_1 is not in the backup'],
    );

    await client.db('payroll').collection('people').insertOne({ name: 'Ada' });
    const before = await userHashes(client);
    await assert.rejects(drill(backup, target), { code: 'TARGET_REFUSED', message: /holds payroll, which no drill/ });
    assert.deepEqual(await userHashes(client), before);
  });
}

test('what config servers know of their cluster is drilled too, again and again; other things of config are not', async () => {
  await using from = await startMongod();
  await using source = await from.connect();
  const config = source.db('config');
  await config.collection<{ _id: string; host: string }>('shards').insertOne({ _id: 'sh0', host: 'sh0/a:1' });
  await config.collection('chunks').insertMany([{ shard: 'sh0' }, { shard: 'sh1' }]);
  await config.collection('chunks').createIndex({ shard: 1 });
  await config.collection('lockpings').insertOne({ ping: 1 });
  const backup = memorySource(await readDatabases(source, ['config']));
  await using to = await startMongod();
  await using client = await to.connect();
  await using target = await Target.open({ uri: to.uri, connections: 2, signal: new AbortController().signal });
  for (let round = 0; round < 2; round++) {
    const { report, differences } = await drill(backup, target);
    assert.deepEqual(differences, []);
    assert.deepEqual(report.collections.map((one) => one.to).toSorted(), ['config.chunks', 'config.shards']);
    assert.equal(await client.db('config').collection('chunks').countDocuments(), 2);
  }
});

async function spoilIndexes(shop: Db): Promise<void> {
  const orders = shop.collection('orders');
  await orders.dropIndex('y_hashed');
  await orders.dropIndex('x_1');
  await orders.createIndex({ x: 1 });
  await orders.createIndex({ more: 1 });
}

/** Without the marks of drills. */
async function userHashes(client: MongoClient): Promise<Map<string, string>> {
  const hashes = await hashesAt(client, undefined);
  return new Map([...hashes].filter(([namespace]) => !namespace.endsWith('.leafward_drill')));
}

test('the roles that docs/install/backup-privileges.md names for the target of drills are enough', async () => {
  await using from = await startMongod();
  await using source = await from.connect();
  await fillEveryKind(source, from.port, '6.0');
  const collections = await readDatabases(source, ['test', 'shop']);
  const backup = memorySource(collections, { sourceVersion: '6.0.5', replicaSetId: 'a'.repeat(24) });
  await using to = await startReplicaSet({ auth: { user: 'root', password: 'secret' } });
  await using root = await to.connect();
  const roles = ['restore', 'readWriteAnyDatabase', 'dbAdminAnyDatabase', 'clusterMonitor'];
  await root.db('admin').command({ createUser: 'driller', pwd: 'two', roles });
  const uri = to.uri.replace('mongodb://', 'mongodb://driller:two@');
  await using target = await Target.open({ uri, connections: 2, signal: new AbortController().signal });

  assert.deepEqual((await drill(backup, target)).differences, []);
  assert.deepEqual((await drill(backup, target)).differences, []);
});
