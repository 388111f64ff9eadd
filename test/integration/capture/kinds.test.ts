import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { BSON, type MongoClient } from 'mongodb';
import { Logins } from '../../../src/deployment/logins.ts';
import { viewUuid } from '../../../src/model/view-uuid.ts';
import { type BackupSetState, startBackupServer } from '../../support/backup-server.ts';
import {
  assertIsOplog,
  backUp,
  sourceDocuments,
  startCapturing,
  untilCaptured,
  untilScanned,
} from '../../support/capturing.ts';
import type { MongodVersion } from '../../support/mongod-binary.ts';
import { startReplicaSet } from '../../support/replica-set.ts';

const majority = { writeConcern: { w: 'majority' } } as const;

async function assertCopied(state: BackupSetState, client: MongoClient, database: string, name: string): Promise<void> {
  const source = await sourceDocuments(client, database, name);
  const copied = state.documentsOf(state.collection(`${database}.${name}`).uuid);
  assert.equal(copied.size, source.size, `${database}.${name}`);
  for (const [key, document] of source) assert.ok(copied.get(key)?.equals(document), `${database}.${name}`);
}

const versions: readonly MongodVersion[] = ['6.0', '5.0', '4.4'];
for (const version of versions) {
  test(`every kind of collection is copied, by a user with the roles that are asked for, mongod ${version}`, async () => {
    const auth = { user: 'root', password: 'secret' };
    await using set = await startReplicaSet({ version, auth, oplogSizeMb: 990, cacheSizeGB: 1 });
    await using client = await set.connect();
    const roles = ['backup', 'clusterMonitor'];
    await client.db('admin').command({ createUser: 'leafward', pwd: 'also secret', roles });
    const shop = client.db('shop');
    const big = Array.from({ length: 4000 }, (_, index) => ({ at: index, body: randomBytes(20_000) }));
    await shop.collection('big').insertMany(big, majority);
    await shop.createCollection('log', { capped: true, size: 100_000, max: 50 });
    for (let at = 80; at > 0; at--) await shop.collection<{ _id: number }>('log').insertOne({ _id: at % 67 });
    await shop.createCollection('words', { collation: { locale: 'de', strength: 1 } });
    await shop.collection<{ _id: string }>('words').insertMany(['b', 'A', 'C', 'ö', 'Z'].map((_id) => ({ _id })));
    await shop.collection('words').createIndex({ text: 1 }, { collation: { locale: 'fr' }, sparse: true });
    await shop.createCollection('seen', { viewOn: 'big', pipeline: [{ $match: { at: 1 } }] });
    if (version !== '4.4') {
      await shop.createCollection('weather', { timeseries: { timeField: 'at', metaField: 'where' } });
      await shop.collection('weather').insertMany([{ at: new Date(), where: 'here', t: 1 }], majority);
    }
    if (version === '6.0') {
      const clusteredIndex = { key: { _id: 1 }, unique: true };
      await shop.createCollection('clustered', { clusteredIndex });
      await shop.collection('clustered').insertMany([{ _id: 2 }, { _id: 'b' }] as never, majority);
    }
    await client.db('skipped').collection('not').insertOne({});
    await using server = await startBackupServer();
    const state = backUp(server, set, { filter: { include: [], exclude: ['skipped.*'] } });
    const credentials = { username: 'leafward', password: 'also secret', authSource: 'admin' };
    await using capturing = await startCapturing(server, { logins: Logins.fixed(credentials) });
    await untilScanned(state, capturing);
    const names = [...state.collections.values()].map(({ database, name }) => `${database}.${name}`);
    assert.ok(
      !names.some((name) => /^skipped\.|^local\.|^config\.transactions$|system\.keys$/.test(name)),
      String(names),
    );
    for (const name of ['big', 'log', 'words']) await assertCopied(state, client, 'shop', name);
    if (version !== '4.4') await assertCopied(state, client, 'shop', 'system.buckets.weather');
    if (version === '6.0') await assertCopied(state, client, 'shop', 'clustered');
    await assertCopied(state, client, 'admin', 'system.users');
    assert.ok(state.partsOf(state.collection('shop.big').uuid).length > 1, 'a large collection is read in parts');
    const log = state.collection('shop.log');
    assert.deepEqual(
      state.inPlace(log.uuid).map((document) => BSON.deserialize(document)),
      await shop
        .collection('log')
        .find({}, { sort: { $natural: 1 } })
        .toArray(),
    );
    assert.equal(log.capped, true);
    const seen = state.collection('shop.seen');
    assert.equal(seen.uuid, viewUuid('shop', 'seen'));
    assert.equal(seen.type, 'view');
    const words = state.collection('shop.words');
    const [listed] = await shop.listCollections({ name: 'words' }, { raw: true } as object).toArray();
    assert.ok(listed !== undefined);
    const indexes = words.indexes.map((index) => BSON.deserialize(Buffer.from(index, 'base64')));
    assert.deepEqual(indexes, await shop.collection('words').indexes());
    await untilCaptured(state, client);
    await assertIsOplog(state, client);
  });
}

test('ten thousand collections are copied quickly', async (t) => {
  await using set = await startReplicaSet({ cacheSizeGB: 1 });
  await using client = await set.connect();
  const count = Number(process.env['LEAFWARD_TEST_COLLECTIONS'] ?? 1000);
  const names = Array.from({ length: count }, (_, index) => `c${index}`);
  for (let at = 0; at < count; at += 50) {
    await Promise.all(names.slice(at, at + 50).map((name) => client.db('many').collection(name).insertOne({ name })));
  }
  await client.db('many').collection('c0').insertOne({}, majority);
  await using server = await startBackupServer();
  const state = backUp(server, set);
  const begun = performance.now();
  await using capturing = await startCapturing(server);
  await untilScanned(state, capturing);
  t.diagnostic(`${count} collections in ${Math.round(performance.now() - begun)} ms`);
  t.diagnostic(capturing.lines.join('\n'));
  for (const name of names) assert.ok(state.documentsOf(state.collection(`many.${name}`).uuid).size >= 1, name);
  const envelopes = server.asked.filter((path) => path.endsWith('/blocks')).length;
  t.diagnostic(`${envelopes} envelopes`);
  assert.ok(envelopes < count, 'small collections travel together');
});
