import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Long, ObjectId, serialize } from 'bson';
import { packContent } from '../../../../src/blocks/block-codec.ts';
import { blockMagic, entryKind } from '../../../../src/blocks/block-content.ts';
import { documentKey } from '../../../../src/blocks/document-key.ts';
import type { ViewChunk } from '../../../../src/vault/view-ports.ts';
import type { FindAnswer, HistoryAnswer } from '../../../../src/wire/api/backup-reading.ts';
import { auditTrail } from '../../../support/audit-trail.ts';
import { type BackupFixture, setId, startBackupFixture } from '../../../support/backup-fixture.ts';
import { api } from '../../../support/server-fixture.ts';

const rs0 = setId('rs0');
const uuid = 'a'.repeat(32);
const empty = Buffer.from([5, 0, 0, 0, 0]);

function block(documents: readonly object[]): ViewChunk {
  const raw = documents.map((one) => Buffer.from(serialize(one)));
  const content = Buffer.concat([blockMagic, ...raw.flatMap((one) => [Buffer.of(entryKind.document), one])]);
  const lastKey = documentKey(raw.at(-1) ?? empty);
  return { stored: packContent(content, 1), documents: raw.length, contentBytes: content.length, lastKey };
}

/** 40 orders in four blocks, a view and a time-series collection. */
async function startShop(): Promise<BackupFixture> {
  const fixture = await startBackupFixture(['rs0']);
  const { server, vault, group } = fixture;
  const common = { database: 'shop', options: empty, indexes: [], capped: false, temporary: false } as const;
  const infos = [
    { ...common, uuid, name: 'orders', type: 'collection' },
    { ...common, uuid: 'b'.repeat(32), name: 'latest', type: 'view' },
    { ...common, uuid: 'c'.repeat(32), name: 'weather', type: 'timeseries' },
  ] as const;
  const collections = infos.map((info) => ({ info, documents: 40, contentBytes: 4000 }));
  vault.view = { optime: { ts: 9n << 32n, term: 1 }, featureVersion: null, collections };
  const orders = Array.from({ length: 40 }, (_, at) => ({
    _id: at,
    total: (at * 7) % 40,
    who: at % 2 === 0 ? 'ann' : 'bob',
  }));
  vault.chunks.set(
    uuid,
    [0, 10, 20, 30].map((from) => block(orders.slice(from, from + 10))),
  );
  vault.findByKey = async (_view, _uuid, key) => {
    const found = orders.map((one) => Buffer.from(serialize(one))).find((raw) => documentKey(raw).equals(key));
    vault.calls.push('by key');
    return found;
  };
  await api(server, group, 'POST', `/groups/${group.id}/backups/${rs0}/start`);
  return fixture;
}

async function ask({ server, group }: BackupFixture, path: string, body: object) {
  return api(server, group, 'POST', `/groups/${group.id}/backups/${rs0}/${path}`, body);
}
async function find(fixture: BackupFixture, body: object): Promise<FindAnswer> {
  const reply = await ask(fixture, 'find', { namespace: 'shop.orders', snapshotId: 's1', ...body });
  assert.equal(reply.statusCode, 200, reply.body);
  return reply.json<FindAnswer>();
}
const ids = ({ documents }: FindAnswer): number[] =>
  documents.map((one) => Number((one as { _id: { $numberInt: string } })._id.$numberInt));

test('an _id is looked up by key, whatever type of number names it', async () => {
  await using fixture = await startShop();
  for (const filter of [{ _id: 7 }, { _id: { $numberLong: '7' } }, { _id: { $eq: 7 } }]) {
    const found = await find(fixture, { filter });
    assert.deepEqual([ids(found), found.scanned, found.more], [[7], 1, false]);
  }
  assert.deepEqual(ids(await find(fixture, { filter: { _id: { $in: [9, 3, 3, 99] } } })), [3, 9]);
  assert.deepEqual(ids(await find(fixture, { filter: { _id: 8, who: 'bob' } })), []);
  assert.equal(fixture.vault.calls.filter((call) => call === 'by key').length, 7);
});

test('a filter reads documents until the limit and says whether there are more', async () => {
  await using fixture = await startShop();
  const some = await find(fixture, { filter: { who: 'bob' }, limit: 3 });
  assert.deepEqual([ids(some), some.more], [[1, 3, 5], true]);
  const all = await find(fixture, { filter: { who: 'bob' }, limit: 20 });
  assert.deepEqual([ids(all).length, all.scanned, all.more], [20, 40, false]);
  const ranged = await find(fixture, { filter: { _id: { $gte: 35 } } });
  assert.deepEqual([ids(ranged), ranged.scanned], [[35, 36, 37, 38, 39], 40]);
});

test('a sort sees all documents; a projection leaves out the rest', async () => {
  await using fixture = await startShop();
  const top = await find(fixture, { sort: { total: -1 }, limit: 2, projection: { total: 1 } });
  assert.deepEqual(top.documents, [
    { _id: { $numberInt: '17' }, total: { $numberInt: '39' } },
    { _id: { $numberInt: '34' }, total: { $numberInt: '38' } },
  ]);
  assert.equal(top.more, true);
});

test('questions about one moment share its view, which is closed when something fails', async () => {
  await using fixture = await startShop();
  const { vault } = fixture;
  await Promise.all([find(fixture, { filter: { _id: 1 } }), find(fixture, { filter: { _id: 2 } })]);
  await find(fixture, { filter: { _id: 3 } });
  const opened = () => vault.calls.filter((call) => call.startsWith('view')).length;
  assert.deepEqual([opened(), vault.openViews()], [1, 1]);
  assert.equal((await ask(fixture, 'find', { namespace: 'shop.none', snapshotId: 's1' })).statusCode, 404);
  assert.equal(vault.openViews(), 0);
  for (let snapshot = 2; snapshot < 10; snapshot++)
    await find(fixture, { snapshotId: `s${snapshot}`, filter: { _id: 1 } });
  assert.ok(vault.openViews() <= 4, `${vault.openViews()} views are open`);
});

test('a time series is asked for its measurements; only buckets of the times that are meant are read', async () => {
  await using fixture = await startShop();
  const { vault } = fixture;
  const timeseries = { timeField: 't', metaField: 'm', granularity: 'seconds', bucketMaxSpanSeconds: 3600 };
  const buckets = { uuid: 'd'.repeat(32), name: 'system.buckets.weather', type: 'collection' } as const;
  const common = { database: 'shop', indexes: [], capped: false, temporary: false } as const;
  const info = { ...common, ...buckets, options: Buffer.from(serialize({ timeseries })) };
  const { view } = vault;
  vault.view = { ...view, collections: [...view.collections, { info, documents: 3, contentBytes: 600 }] };
  const hour = (n: number) => 1_700_000_400_000 + n * 3_600_000;
  vault.chunks.set(
    info.uuid,
    [0, 1, 2].map((n) => block([bucket(hour(n), ['north', 'south', 'north'][n] ?? '')])),
  );
  const weather = (body: object) => find(fixture, { namespace: 'shop.weather', ...body });
  const values = ({ documents }: FindAnswer) =>
    documents.map((one) => (one as { v?: { $numberInt: string } }).v?.$numberInt);
  assert.deepEqual(values(await weather({ filter: { m: 'north', v: { $exists: true } } })), ['0', '2', '0', '2']);
  const [first] = (await weather({ limit: 1 })).documents;
  assert.deepEqual(first, {
    t: { $date: { $numberLong: String(hour(0)) } },
    m: 'north',
    v: { $numberInt: '0' },
  });
  const between = (from: number, to: number) => ({
    t: { $gte: { $date: new Date(hour(from)).toISOString() }, $lt: { $date: new Date(hour(to)).toISOString() } },
  });
  const some = await weather({ filter: between(1, 2), sort: { t: -1 } });
  assert.deepEqual([values(some), some.scanned], [['2', undefined, '0'], 3]);
  assert.deepEqual((await weather({ filter: between(5, 9) })).documents, []);
  assert.equal((await find(fixture, { namespace: 'shop.system.buckets.weather' })).documents.length, 3);
  const selection = { namespace: 'shop.weather', filter: { m: 'north' } };
  const link = await ask(fixture, 'restore-links', { format: 'archive', snapshotId: 's1', selection });
  assert.equal(link.statusCode, 400);
  assert.match(
    link.body,
    /chosen measurements of the time series shop\.weather cannot be streamed.*leafward restore --filter/,
  );
});

/** Three measurements, of which the second one has no value. */
function bucket(ms: number, m: string): object {
  const times = { 0: new Date(ms), 1: new Date(ms + 1000), 2: new Date(ms + 2000) };
  const control = { version: 1, min: { t: times[0], v: 0 }, max: { t: times[2], v: 2 } };
  return { _id: ObjectId.createFromTime(ms / 1000), control, meta: m, data: { t: times, v: { 0: 0, 2: 2 } } };
}

test('what holds no documents of its own, and what cannot be asked, is said', async () => {
  await using fixture = await startShop();
  for (const [body, status, words] of [
    [{ namespace: 'shop.latest', snapshotId: 's1' }, 400, /is a view/],
    [{ namespace: 'shop.weather', snapshotId: 's1' }, 404, /buckets of the time series shop\.weather are not in/],
    [{ namespace: 'shop.orders', snapshotId: 's1', filter: { $where: 'true' } }, 400, /\$where/],
    [{ namespace: 'shop.orders', snapshotId: 's1', filter: { _id: { $oid: 'no' } } }, 400, /filter/],
    [{ namespace: 'shop.orders' }, 400, /one moment/],
    [{ namespace: 'shop.orders', atMs: 1 }, 409, /1970/],
    [{ namespace: 'shop.orders', snapshotId: 's1', projection: { a: 1, b: 0 }, filter: { _id: 1 } }, 400, /projection/],
    [{ namespace: 'shop.orders', snapshotId: 's1', limit: 5000 }, 400, /limit/],
  ] as const) {
    const reply = await ask(fixture, 'find', body);
    assert.deepEqual([reply.statusCode, words.test(reply.body)], [status, true], reply.body);
  }
});

test('the history of a document shows what changed from version to version', async () => {
  await using fixture = await startShop();
  const _id = new ObjectId();
  const at = (seconds: number) => ({
    optime: { ts: BigInt(seconds) << 32n, term: 1 },
    atMs: seconds * 1000,
    exact: true,
    cause: 'write' as const,
  });
  fixture.vault.versions = [
    { ...at(5), kind: 'insert', document: Buffer.from(serialize({ _id, n: Long.fromNumber(1) })) },
    { ...at(6), kind: 'update', document: Buffer.from(serialize({ _id, n: Long.fromNumber(2) })) },
    { ...at(7), kind: 'delete', document: null },
    { ...at(8), kind: 'insert', document: Buffer.from(serialize({ _id })) },
  ];
  const reply = await ask(fixture, 'history', { namespace: 'shop.orders', id: { $oid: _id.toHexString() } });
  const { versions } = reply.json<HistoryAnswer>();
  assert.deepEqual(
    versions.map(({ kind, optime, changes }) => [kind, optime?.ts, changes.length]),
    [
      ['insert', '5:0', 0],
      ['update', '6:0', 1],
      ['delete', '7:0', 0],
      ['insert', '8:0', 0],
    ],
  );
  assert.deepEqual(versions[1]?.changes, [{ path: 'n', before: { $numberLong: '1' }, after: { $numberLong: '2' } }]);
});

test('every search is in the audit trail, without what was searched for', async () => {
  await using fixture = await startShop();
  const { server, group } = fixture;
  await find(fixture, { filter: { who: 'a secret name' } });
  await find(fixture, { filter: { who: 'a secret name' } });
  await find(fixture, {
    filter: { $or: [{ who: { $not: { $regex: 'secret name' } } }, { lines: { $elemMatch: { sku: 1 } } }] },
  });
  const trail = await auditTrail(server, group);
  const [other, again, first] = trail.map(({ detail }) => detail);
  assert.deepEqual(trail[2]?.subject, { kind: 'set', id: rs0, label: 'rs0' });
  assert.deepEqual(
    [first?.['namespace'], first?.['fields'], trail[2]?.action],
    ['shop.orders', ['who'], 'backup.find'],
  );
  assert.match(String(first?.['moment']), /^at 1970/);
  assert.match(String(first?.['queryMark']), /^[0-9a-f]{16}$/);
  assert.deepEqual(again?.['queryMark'], first?.['queryMark']);
  assert.notEqual(other?.['queryMark'], first?.['queryMark']);
  assert.deepEqual(other?.['fields'], ['lines', 'sku', 'who']);
  assert.doesNotMatch(JSON.stringify(trail), /secret name/);
});

test('a pattern that would take for ever is ended with a word, and others are answered meanwhile', async () => {
  await using fixture = await startShop();
  // Two threads that have loaded their program.
  await Promise.all([find(fixture, { filter: { _id: 1 } }), find(fixture, { filter: { _id: 2 } })]);
  fixture.vault.chunks.set(uuid, [block([{ _id: 1, who: `${'a'.repeat(50)}!` }])]);
  const filter = { who: { $regularExpression: { pattern: '^(a+)+$', options: '' } } };
  const hanging = ask(fixture, 'find', { namespace: 'shop.orders', snapshotId: 's1', filter });
  let hasEnded = false;
  void hanging.finally(() => {
    hasEnded = true;
  });
  const other = await find(fixture, { filter: { _id: 7 } });
  assert.equal(other.documents.length, 1);
  assert.equal(hasEnded, false, 'the other question was held up');
  const reply = await hanging;
  assert.equal(reply.statusCode, 400);
  assert.match(reply.json<{ message: string }>().message, /took more than 5 s/);
});
