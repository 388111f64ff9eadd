import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import type { MongoClient } from 'mongodb';
import type { RestoreLink } from '../../../src/wire/api/backup-reading.ts';
import { runApp, startApp } from '../../support/app.ts';
import { type BackedUpSet, startBackedUpSet } from '../../support/backed-up-set.ts';
import { eventually } from '../../support/eventually.ts';
import { type Mongod, startMongod } from '../../support/mongod.ts';
import { startReplicaSet } from '../../support/replica-set.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { operationTime } from '../../support/workload/random-workload.ts';
import { catalogNow, hashesAt } from '../../support/workload/source-oracle.ts';
import { readArchive } from '../../unit/restore/read-archive.ts';

const text = 'x'.repeat(500);

test('a person restores: looks first, says yes, is told what differs from nothing, and the files alone do as well', {
  timeout: 600_000,
}, async () => {
  await using folder = tempDir('restore-command');
  await using set = await startReplicaSet({ members: 1 });
  await using client = await set.connect();
  const orders = client.db('shop').collection<{ _id: number; text: string }>('orders');
  await orders.insertMany(Array.from({ length: 20_000 }, (_, _id) => ({ _id, text })));
  await orders.createIndex({ text: 1 });
  await using backedUp = await startBackedUpSet(folder, set);
  await orders.deleteMany({ _id: { $lt: 100 } });
  await client.db('shop').createCollection('few', { viewOn: 'orders', pipeline: [{ $limit: 3 }] });
  const at = await operationTime(client);
  await backedUp.protectedUntil(at);
  const optime = `${at.getHighBitsUnsigned()}:${at.getLowBitsUnsigned()}`;
  await using target = await startMongod();
  await using restored = await target.connect();
  const words = ['restore', '--replica-set', set.name, '--optime', optime, '--to', target.uri];

  const looked = await run(backedUp, [...words, '--dry-run']);
  assert.equal(looked.status, 0, looked.stderr);
  assert.match(looked.stdout, /^shop\.orders +\d+ +[\d.]+ MB +1$/m);
  assert.match(looked.stdout, new RegExp(`^into +${target.host}, MongoDB 6\\.0`, 'm'));
  const unsure = await run(backedUp, words);
  assert.equal(unsure.status, 64);
  assert.match(unsure.stderr, /only when --yes says so/);
  assert.deepEqual(await hashesAt(restored, undefined), new Map());

  const same = await run(backedUp, [...words.slice(0, -1), set.uri, '--yes']);
  assert.equal(same.status, 65);
  assert.match(same.stderr, /is the replica set that was backed up/);

  const done = await run(backedUp, [...words, '--yes']);
  assert.equal(done.status, 0, done.stderr);
  assert.match(done.stdout, /^shop\.orders +19900 +[\d.]+ MB +[0-9a-f]{16} +equal$/m);
  assert.deepEqual(await hashesAt(restored, undefined), await hashesAt(client, undefined));
  assert.deepEqual(await catalogNow(restored), await catalogNow(client));
  const again = await run(backedUp, [...words, '--yes']);
  assert.equal(again.status, 73);
  assert.match(again.stderr, /has shop\.few, shop\.orders already\nnext: Add --drop/);

  await chosenDocuments(backedUp, words, restored);
  await interrupted(backedUp, words.slice(0, -1));
  await fromStore(backedUp, join(backedUp.product.dataDir, 'backups'), optime, target);
  assert.deepEqual(await hashesAt(restored, undefined), await hashesAt(client, undefined));
});

/** Some documents of one collection: by filter and by _id, into the same name and another; and as a link. */
async function chosenDocuments(backedUp: BackedUpSet, words: readonly string[], restored: MongoClient): Promise<void> {
  const orders = restored.db('shop').collection<{ _id: number; text: string }>('orders');
  await orders.deleteMany({ _id: { $lt: 150 } });
  await orders.updateOne({ _id: 151 }, { $set: { text: 'changed' } });
  const chosen = [...words, '--namespace', 'shop.orders'];
  const filtered = [...chosen, '--filter', '{"_id": {"$lt": 152}, "text": {"$regex": "^x+$"}}'];
  const looked = await run(backedUp, [...filtered, '--dry-run', '--json']);
  assert.equal(looked.status, 0, looked.stderr);
  const { documents, same, differing, firstDiffering, bytes } = JSON.parse(looked.stdout);
  assert.deepEqual([documents, same, differing, firstDiffering], [52, 1, 1, ['151']]);
  assert.ok(bytes > 52 * text.length);
  const refused = await run(backedUp, [...filtered, '--yes']);
  assert.equal(refused.status, 73);
  assert.match(refused.stderr, /has 1 of these 52 documents with other content: _id 151\nnext: Nothing was written/);
  assert.equal(await orders.countDocuments(), 19_850);
  const done = await run(backedUp, [...filtered, '--existing', 'replace', '--yes']);
  assert.equal(done.status, 0, done.stderr);
  assert.match(done.stdout, /^51 written, 1 were there byte for byte\nread back: 52 documents, .*, equal$/m);
  assert.equal(await orders.countDocuments({ text }), 19_900);
  const byId = await run(backedUp, [
    ...chosen,
    '--id',
    '5000',
    '--id=150',
    '--id',
    '7',
    '--rename',
    'shop.orders=shop.two',
    '--yes',
  ]);
  assert.equal(byId.status, 0, byId.stderr);
  const two = restored.db('shop').collection<{ _id: number; text: string }>('two');
  assert.deepEqual(
    await two.find().sort({ _id: 1 }).toArray(),
    [150, 5000].map((_id) => ({ _id, text })),
  );
  await two.drop();
  const unnamed = await run(backedUp, [...words, '--filter', '{}', '--yes']);
  assert.equal(unnamed.status, 64);
  assert.match(unnamed.stderr, /choose documents of one collection/);
  const moment = words.slice(3, 5);
  const link = [
    'backup',
    'link',
    backedUp.set.name,
    ...moment,
    '--namespace',
    'shop.orders',
    '--filter',
    '{"_id": {"$lt": 103}}',
  ];
  const { url } = await backedUp.leafward<{ url: string }>(link);
  // The address is in somebody's shell while the server is killed and comes back.
  await backedUp.product.crashServer();
  const archive = readArchive(gunzipSync(Buffer.from(await (await fetch(url)).arrayBuffer())));
  assert.deepEqual(
    [...archive.documents].map(([namespace, found]) => [namespace, found.length]),
    [['shop.orders', 3]],
  );
  const used = async (): Promise<boolean> => {
    const links = await backedUp.product.api<RestoreLink[]>('GET', `/backups/${backedUp.replicaSetId}/restore-links`);
    return links[0]?.state === 'used';
  };
  await eventually(used, { timeoutMs: 240_000, what: 'the link to be used up' });
  await backedUp.product.crashServer();
  assert.equal((await fetch(url)).status, 410);
}

function run(backedUp: BackedUpSet, words: readonly string[]): ReturnType<typeof runApp> {
  return runApp(words, { env: environment(backedUp) }, 300_000);
}

function environment({ product }: BackedUpSet): Record<string, string> {
  return {
    LEAFWARD_SERVER_URL: product.url,
    LEAFWARD_API_TOKEN: product.apiToken,
    LEAFWARD_GROUP_ID: product.groupId,
  };
}

/** Ctrl-C while documents are written: it ends soon, says what is incomplete, and how to go on. */
async function interrupted(backedUp: BackedUpSet, words: readonly string[]): Promise<void> {
  await using mongod = await startMongod({ args: ['--setParameter', 'enableTestCommands=1'] });
  await using client = await mongod.connect();
  const data = { failCommands: ['insert'], blockConnection: true, blockTimeMS: 600_000 };
  await client.db('admin').command({ configureFailPoint: 'failCommand', mode: 'alwaysOn', data });
  await using app = startApp([...words, mongod.uri, '--yes'], { env: environment(backedUp) });
  await app.line(/^writing 0%/);
  const inserting = async (): Promise<boolean> => {
    const { inprog } = await client.db('admin').command({ currentOp: 1, 'command.insert': 'orders' });
    return inprog.length > 0;
  };
  await eventually(inserting, { timeoutMs: 240_000, what: 'an insert under way' });
  app.signal('SIGINT');
  assert.equal(await app.ended(60_000), 130);
  assert.match(app.stderr(), /incomplete in the target: shop\.orders\n/);
  assert.match(app.stderr(), /--drop replaces what is incomplete/);
}

/** No server, no settings: a folder and a target. */
async function fromStore({ product, set }: BackedUpSet, store: string, optime: string, target: Mongod): Promise<void> {
  await product.server.crash();
  const words = ['restore', '--from-store', store, '--replica-set', set.name, '--optime', optime];
  const { status, stdout, stderr } = await runApp(
    [...words, '--to', target.uri, '--drop', '--yes', '--json'],
    {},
    300_000,
  );
  assert.equal(status, 0, stderr);
  const report = JSON.parse(stdout);
  assert.equal(report.documents, 19_900);
  assert.deepEqual(report.refusals, []);
  const some = ['--namespace', 'shop.orders', '--filter', '{"_id": {"$mod": [1000, 1]}}', '--dry-run', '--json'];
  const looked = await runApp([...words, '--to', target.uri, ...some], {}, 300_000);
  assert.equal(looked.status, 0, looked.stderr);
  const { documents, same } = JSON.parse(looked.stdout);
  assert.deepEqual([documents, same], [19, 19]);
}
