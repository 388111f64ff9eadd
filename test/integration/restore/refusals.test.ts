import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BSON, type Document } from 'mongodb';
import { checkTarget, namesInTheWay } from '../../../src/restore/checks.ts';
import { makePlan } from '../../../src/restore/plan.ts';
import { Target } from '../../../src/restore/target.ts';
import { startMongod } from '../../support/mongod.ts';
import { startOldMongod } from '../../support/old-mongod.ts';
import { startReplicaSet } from '../../support/replica-set.ts';
import { collectionInfo, type MemoryCollection, memorySource } from '../../support/restore-source.ts';
import { runRestore } from './run-restore.ts';

const raw = (document: object): Buffer => Buffer.from(BSON.serialize(document));
const signal = new AbortController().signal;
const orders = (changes = {}): MemoryCollection => ({
  info: collectionInfo('shop.orders', changes),
  documents: [raw({ _id: 1, n: 1 }), raw({ _id: 2, n: 2 })],
});

test('what the target holds already is named, and replaced only when told', async () => {
  await using mongod = await startMongod();
  await using client = await mongod.connect();
  await client.db('shop').collection('orders').insertOne({ old: true });
  await client.db('shop').collection('other').insertOne({ old: true });
  const source = memorySource([orders()]);
  await assert.rejects(runRestore(source, mongod.uri), { code: 'TARGET_NOT_EMPTY', message: /shop\.orders already/ });
  assert.equal(await client.db('shop').collection('orders').countDocuments({ old: true }), 1);

  const beside = await runRestore(source, mongod.uri, { renames: [{ from: 'shop.*', to: 'copy.old_*' }] });
  assert.deepEqual(
    beside.collections.map(({ to }) => to),
    ['copy.old_orders'],
  );
  assert.equal(await client.db('copy').collection('old_orders').countDocuments({}), 2);

  await runRestore(source, mongod.uri, { drop: true });
  assert.deepEqual(await client.db('shop').collection('orders').distinct('n'), [1, 2]);
  assert.equal(await client.db('shop').collection('other').countDocuments({ old: true }), 1);
});

test('one index and one option that the target refuses are told with the reason; everything else is there', async () => {
  await using mongod = await startMongod();
  await using client = await mongod.connect();
  const options = raw({ validator: { $unknown: 1 }, validationLevel: 'moderate' });
  const indexes = [
    raw({ v: 2, key: { _id: 1 }, name: '_id_' }),
    raw({ v: 2, key: { n: 1 }, name: 'n_1', ours: 'not known' }),
    raw({ v: 2, key: { n: 'wrong' }, name: 'n_wrong' }),
    raw({ v: 2, key: { _fts: 'text', _ftsx: 1 }, name: 'words', weights: { text: 1 }, expireAfterSeconds: 10 }),
    raw({ v: 2, key: { m: 1 }, name: 'm_1', unique: true }),
    raw({ v: 2, key: { twice: 1 }, name: 'twice_1', unique: true }),
  ];
  const view: MemoryCollection = {
    info: collectionInfo('shop.view', {
      type: 'view',
      options: raw({ viewOn: 'orders', pipeline: [{ $nothing: 1 }] }),
    }),
    documents: [],
  };
  const many = {
    ...orders({ options, indexes }),
    documents: [raw({ _id: 1, m: 1, twice: 1 }), raw({ _id: 2, m: 2, twice: 1 })],
  };
  const { refusals, collections } = await runRestore(memorySource([many, view]), mongod.uri);

  assert.deepEqual(refusals.map(({ kind, name }) => `${kind} ${name}`).toSorted(), [
    'index n_wrong',
    'index twice_1',
    'option n_1.ours',
    'option validator',
    'ttl words',
    'view view',
  ]);
  for (const { reason } of refusals) assert.ok(reason.length > 10, reason);
  assert.equal(collections[0]?.difference, null);
  const found = await client.db('shop').collection('orders').indexes();
  assert.deepEqual(found.map(({ name }) => String(name)).toSorted(), ['_id_', 'm_1', 'n_1', 'words']);
  const [listed] = await client.db('shop').listCollections({ name: 'orders' }).toArray();
  const { options: kept } = listed as Document;
  assert.deepEqual(kept, { validationLevel: 'moderate' });
});

test('a collection that the target cannot hold is told, and the others are there', async () => {
  await using mongod = await startMongod({ version: '4.4' });
  const clustered = {
    info: collectionInfo('shop.c', { options: raw({ clusteredIndex: { key: { _id: 1 }, unique: true } }) }),
    documents: [],
  };
  const { refusals, collections } = await runRestore(memorySource([clustered, orders()]), mongod.uri);
  assert.deepEqual(
    refusals.map(({ kind, namespace }) => `${kind} ${namespace}`),
    ['collection shop.c'],
  );
  assert.deepEqual(
    collections.map(({ to, difference }) => [to, difference]),
    [['shop.orders', null]],
  );
});

test('the first collection that fails ends the others', async () => {
  await using mongod = await startMongod();
  const documents = Array.from({ length: 40 }, (_, _id) => raw({ _id, large: 'x'.repeat(1_000_000) }));
  const large: MemoryCollection = { info: collectionInfo('shop.large'), documents };
  const failed = Promise.withResolvers<void>();
  let answers = 0;
  const source = memorySource([large, orders()], {
    beforeChunks: async (uuid) => {
      if (uuid === large.info.uuid) {
        if (++answers > 1) await failed.promise;
        return;
      }
      failed.resolve();
      throw new Error('the pack is gone');
    },
  });
  await assert.rejects(runRestore(source, mongod.uri), /the pack is gone/);
  assert.ok(answers < 4, `${answers} answers of the 6 that the collection takes`);
});

test('a target that changes while it is restored is found out', async () => {
  await using mongod = await startMongod();
  await using client = await mongod.connect();
  const other: MemoryCollection = { info: collectionInfo('shop.small'), documents: [raw({ _id: 1 })] };
  const source = memorySource([orders(), other], {
    beforeChunks: async (uuid) => {
      // The larger one is written first and completely, one after another.
      if (uuid !== other.info.uuid) return;
      const changed = client.db('shop').collection<{ _id: number }>('orders');
      await changed.updateOne({ _id: 2 }, { $set: { n: 3 } });
    },
  });
  await assert.rejects(runRestore(source, mongod.uri, { parallel: 1 }), {
    code: 'RESTORE_DIFFERS',
    message: /^shop\.orders: 2 documents as sent, but not the same bytes$/,
  });
});

test('a target that is older than the source, or is the source itself, is refused unless told', async () => {
  await using set = await startReplicaSet({ name: 'rs0', version: '5.0' });
  await using client = await set.connect();
  const { config } = await client.db('admin').command({ replSetGetConfig: 1 });
  const replicaSetId = String(config.settings.replicaSetId);
  await using target = await Target.open({ uri: set.uri, connections: 2, signal });
  const strict = { allowSource: false, allowOlder: false };
  const newer = memorySource([], { sourceVersion: '6.0.5' });
  assert.throws(() => checkTarget(newer, target, strict), {
    code: 'TARGET_REFUSED',
    message: /5\.0, the source had MongoDB 6\.0\.5/,
  });
  checkTarget(newer, target, { ...strict, allowOlder: true });
  checkTarget(memorySource([], { sourceVersion: '5.0.31' }), target, strict);
  const same = memorySource([], { replicaSetId });
  assert.throws(() => checkTarget(same, target, strict), {
    code: 'TARGET_REFUSED',
    message: /rs0\) is the replica set that was backed up/,
  });
  checkTarget(same, target, { ...strict, allowSource: true });
});

test('a secondary is refused, and so is a string that is no URI', async () => {
  await using set = await startReplicaSet({ members: 2 });
  const primary = await set.primary();
  const secondary = set.members.find((member) => member !== primary);
  await assert.rejects(Target.open({ uri: secondary?.uri ?? '', connections: 1, signal }), {
    code: 'TARGET_REFUSED',
    message: /is not a primary/,
  });
  await assert.rejects(Target.open({ uri: 'mongo:/x', connections: 1, signal }), { code: 'INPUT_INVALID' });
});

test('a mongos is refused with the next step', async () => {
  await using mongos = await startOldMongod('6.0.5', 17, { msg: 'isdbgrid', isWritablePrimary: true });
  const opening = Target.open({ uri: `mongodb://${mongos.host}/`, connections: 1, signal });
  await assert.rejects(opening, { code: 'TARGET_REFUSED', message: /is a mongos/, hint: /replica set/ });
});

test('a time series in the way is seen by its own name', async () => {
  await using mongod = await startMongod();
  await using client = await mongod.connect();
  await client.db('shop').createCollection('weather', { timeseries: { timeField: 't' } });
  const info = collectionInfo('shop.system.buckets.weather', { options: raw({ timeseries: { timeField: 't' } }) });
  const plan = makePlan(memorySource([{ info, documents: [] }]), { namespaces: [], renames: [], usersAndRoles: false });
  await using target = await Target.open({ uri: mongod.uri, connections: 1, signal });
  assert.deepEqual(await namesInTheWay(target, plan), ['shop.weather']);
});
