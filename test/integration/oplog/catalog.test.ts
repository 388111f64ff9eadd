import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BSON, type Document, type MongoClient } from 'mongodb';
import type { CollectionInfo } from '../../../src/model/collection.ts';
import { Catalog } from '../../../src/oplog/catalog.ts';
import type { CatalogChange } from '../../../src/oplog/oplog-emit.ts';
import { OplogReader } from '../../../src/oplog/oplog-reader.ts';
import type { MongodVersion } from '../../support/mongod-binary.ts';
import { startReplicaSet } from '../../support/replica-set.ts';
import { RandomSource } from '../../support/workload/random-source.ts';
import { changeSomething } from './catalog-workload.ts';
import { rawOplog, readAll } from './oplog-source.ts';

const seed = Number(process.env['LEAFWARD_TEST_SEED'] ?? 20_261_121);
const rounds = Number(process.env['LEAFWARD_TEST_ROUNDS'] ?? 250);
const stops = 5;
const versions: readonly MongodVersion[] = ['4.4', '5.0', '6.0'];

for (const version of versions) {
  test(`the catalog that the oplog makes is that of mongod ${version}`, async (t) => {
    t.diagnostic(`seed ${seed}`);
    await using set = await startReplicaSet({ version });
    await using client = await set.connect();
    const random = new RandomSource(seed);
    // 4.4 keeps it at a collMod that does not name it, later ones do not; the oplog does not tell which it was.
    const ignored = version === '4.4' ? 'recordPreImages' : '';
    let taken = 0;
    for (let stop = 1; stop <= stops; stop++) {
      for (let round = 0; round < rounds / stops; round++) if (await changeSomething(client, random)) taken++;
      const { catalog: changes } = readAll(new OplogReader(), await rawOplog(client));
      const real = await realCatalog(client, ignored);
      assert.deepEqual(described(replay(changes), ignored), real, `after ${taken} changes`);
      // From any earlier place on, over the catalog as it is: what a scan that read it late needs.
      const from = random.below(changes.length);
      const again = replay(changes.slice(from), replay(changes).all());
      assert.deepEqual(described(again, ignored), real, `again from ${from} of ${changes.length}`);
    }
    assert.ok(taken > rounds / 4, `${taken} of ${rounds} changes were taken`);
    t.diagnostic(`${taken} of ${rounds} changes were taken`);
  });
}

function replay(changes: readonly CatalogChange[], base?: Iterable<CollectionInfo>): Catalog {
  const catalog = new Catalog(base);
  for (const change of changes) catalog.apply(change, base !== undefined);
  return catalog;
}

/** `database.name` → what a user can tell of it, as text. */
type Described = Record<string, string>;

function described(catalog: Catalog, ignored: string): Described {
  const found: Described = {};
  for (const { database, name, type, options, indexes, capped, temporary } of catalog.all()) {
    if (isServers(database)) continue;
    const said = text(options, indexes, ignored);
    assert.equal(found[`${database}.${name}`], undefined, `two collections ${database}.${name}`);
    found[`${database}.${name}`] = `${type} ${said}`;
    const { capped: wantedCapped = false, temp = false } = BSON.deserialize(options);
    assert.deepEqual([capped, temporary], [wantedCapped, temp], `${database}.${name}`);
  }
  return sorted(found);
}

async function realCatalog(client: MongoClient, ignored: string): Promise<Described> {
  const { databases } = await client.db('admin').command({ listDatabases: 1, nameOnly: true });
  const found: Described = {};
  for (const { name: database } of databases) {
    if (isServers(database)) continue;
    const reply = await raw(client, database, { listCollections: 1, cursor: { batchSize: 1000 } });
    for (const { name, type, options = {} } of reply) {
      const indexes = String(type) === 'collection' ? await indexesOf(client, database, String(name)) : [];
      found[`${database}.${String(name)}`] = `${String(type)} ${text(BSON.serialize(options), indexes, ignored)}`;
    }
  }
  return sorted(found);
}

async function indexesOf(client: MongoClient, database: string, name: string): Promise<Uint8Array[]> {
  const reply = await raw(client, database, { listIndexes: name, cursor: { batchSize: 1000 } });
  return reply.map(({ ns: _ns, ...index }) => BSON.serialize(index));
}

async function raw(client: MongoClient, database: string, command: Document): Promise<Document[]> {
  const reply = await client.db(database).command(command, { promoteValues: false });
  return reply['cursor'].firstBatch;
}

/** Options by name and indexes by name: the server has an order of its own for the fields of both. Types count. */
function text(options: Uint8Array, indexes: readonly Uint8Array[], ignored: string): string {
  const list = indexes.map((index) => fieldsByName(index, ignored)).toSorted();
  return `${fieldsByName(options, ignored)} ${list.join(' ')}`;
}

function fieldsByName(document: Uint8Array, ignored: string): string {
  const fields = Object.entries(BSON.deserialize(document, { promoteValues: false }));
  const compared = fields.flatMap(([name, value]) => {
    if (name === ignored) return [];
    // 5.0 and later show every number as a whole int32, whatever the entry and the index itself hold.
    return name === 'expireAfterSeconds' ? [[name, Math.floor(Number(value))] as const] : [[name, value] as const];
  });
  const inOrder = compared.toSorted(([one], [other]) => (one < other ? -1 : 1));
  return BSON.EJSON.stringify(Object.fromEntries(inOrder), { relaxed: false });
}

function sorted(found: Described): Described {
  return Object.fromEntries(Object.entries(found).toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

function isServers(database: string): boolean {
  return database === 'admin' || database === 'config' || database === 'local';
}
