import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { BSON, type Document, UUID } from 'bson';
import type { CollectionInfo } from '../../../src/model/collection.ts';
import { Catalog } from '../../../src/oplog/catalog.ts';
import type { CatalogChange } from '../../../src/oplog/oplog-emit.ts';

const hex = (digit: number) => String(digit).repeat(32);
const uuid = (digit: number) => new UUID(hex(digit));

function change(
  command: string,
  o: Document,
  about: number | null = 1,
  database = 'shop',
  o2?: Document,
): CatalogChange {
  return {
    ts: 5n,
    index: 0,
    database,
    command,
    uuid: about === null ? null : hex(about),
    o: Buffer.from(BSON.serialize(o)),
    o2: o2 === undefined ? null : Buffer.from(BSON.serialize(o2)),
  };
}

const idIndex = { v: 2, key: { _id: 1 }, name: '_id_' };
const create = (name: string, about: number, more: Document = {}) =>
  change('create', { create: name, ...more, idIndex }, about);

function after(changes: readonly CatalogChange[], base: Iterable<CollectionInfo> = [], lenient = false): Catalog {
  const catalog = new Catalog(base);
  for (const one of changes) catalog.apply(one, lenient);
  return catalog;
}

function said(catalog: Catalog): string[] {
  return [...catalog.all()]
    .map(({ database, name, type, options, indexes, temporary }) => {
      const names = indexes.map((index) => BSON.deserialize(index)['name']).join(',');
      const text = JSON.stringify(BSON.deserialize(options));
      return `${type} ${database}.${name} ${text} [${names}]${temporary ? ' temporary' : ''}`;
    })
    .toSorted((one, other) => (one < other ? -1 : 1));
}

describe('collections', () => {
  test('are created with options and the index of _id', () => {
    const catalog = after([
      create('a', 1, { capped: true, size: 4096 }),
      change('create', { create: 'b', clusteredIndex: { v: 2, key: { _id: 1 }, name: 'by id', unique: true } }, 2),
      change('create', { create: 'c', autoIndexId: false }, 3),
      create('tmp', 4, { temp: true }),
    ]);
    assert.deepEqual(said(catalog), [
      'collection shop.a {"capped":true,"size":4096} [_id_]',
      'collection shop.b {"clusteredIndex":{"v":2,"key":{"_id":1},"name":"by id","unique":true}} [by id]',
      'collection shop.c {"autoIndexId":false} []',
      'collection shop.tmp {"temp":true} [_id_] temporary',
    ]);
    assert.equal(catalog.get(hex(1))?.capped, true);
  });

  test('an effect says what became of which one', () => {
    const catalog = after([create('a', 1), create('b', 2, { temp: true })]);
    const rename = { renameCollection: 'shop.b', to: 'archive.a', dropTarget: uuid(1), stayTemp: false };
    assert.deepEqual(catalog.apply(change('renameCollection', rename, 2), false), [
      { kind: 'dropped', uuid: hex(1) },
      { kind: 'renamed', uuid: hex(2), from: 'shop.b' },
    ]);
    assert.deepEqual(said(catalog), ['collection archive.a {} [_id_]']);
    assert.deepEqual(catalog.apply(change('emptycapped', { emptycapped: 'a' }, 2, 'archive'), false), [
      { kind: 'emptied', uuid: hex(2) },
    ]);
    assert.deepEqual(catalog.apply(create('c', 3), false), [{ kind: 'created', uuid: hex(3) }]);
    assert.deepEqual(catalog.apply(change('drop', { drop: 'a' }, 2, 'archive'), false), [
      { kind: 'dropped', uuid: hex(2) },
    ]);
  });

  test('dropTarget: true drops what has the name; dropDatabase what is left', () => {
    const rename = { renameCollection: 'shop.b', to: 'shop.a', dropTarget: true, stayTemp: true };
    const catalog = after([create('a', 1), create('b', 2, { temp: true }), change('renameCollection', rename, 2)]);
    assert.deepEqual(said(catalog), ['collection shop.a {"temp":true} [_id_] temporary']);
    catalog.apply(change('dropDatabase', { dropDatabase: 1 }, null), false);
    assert.deepEqual(said(catalog), []);
  });
});

describe('indexes', () => {
  const spec = (name: string, more: Document = {}) => ({ v: 2, key: { [name]: 1 }, name, ...more });
  const build = (command: string, ...names: string[]) =>
    change(command, { [command]: 'a', indexBuildUUID: uuid(7), indexes: names.map((name) => spec(name)) });
  const names = (changes: readonly CatalogChange[], base?: Iterable<CollectionInfo>): string =>
    said(after([create('a', 1), ...changes], base))[0]?.replace(/.*\[(.*)\]/, '$1') ?? '';

  test('are visible after their commit alone', () => {
    assert.equal(names([build('startIndexBuild', 'x', 'y')]), '_id_');
    assert.equal(names([build('startIndexBuild', 'x', 'y'), build('commitIndexBuild', 'x', 'y')]), '_id_,x,y');
    assert.equal(names([build('startIndexBuild', 'x'), build('abortIndexBuild', 'x')]), '_id_');
    assert.equal(names([change('createIndexes', { createIndexes: 'a', ...spec('z'), ns: 'shop.a' })]), '_id_,z');
    assert.equal(names([change('createIndexes', { createIndexes: 'a', spec: spec('z') })]), '_id_,z');
  });

  test('are dropped by name, list, key and star', () => {
    const made = build('commitIndexBuild', 'x', 'y', 'z');
    const drop = (index: unknown) => names([made, change('dropIndexes', { dropIndexes: 'a', index })]);
    assert.equal(drop('y'), '_id_,x,z');
    assert.equal(drop(['x', 'z']), '_id_,y');
    assert.equal(drop({ z: 1 }), '_id_,x,y');
    assert.equal(drop('*'), '_id_');
    assert.throws(() => drop(5), { code: 'OPLOG_UNKNOWN' });
  });

  test('change by collMod', () => {
    const made = change('createIndexes', { createIndexes: 'a', ...spec('x', { hidden: true, prepareUnique: true }) });
    const mod = change('collMod', { collMod: 'a', index: { keyPattern: { x: 1 }, hidden: false, unique: true } });
    const [, index = Buffer.alloc(0)] = after([create('a', 1), made, mod]).get(hex(1))?.indexes ?? [];
    assert.deepEqual(BSON.deserialize(index), spec('x', { unique: true }));
  });

  test('an option that is unknown stops', () => {
    for (const o of [{ index: { name: '_id_', newOption: 1 } }, { newOption: 1 }, { timeseries: { newOption: 1 } }]) {
      assert.throws(() => after([create('a', 1), change('collMod', { collMod: 'a', ...o })]), {
        code: 'OPLOG_UNKNOWN',
        message: /^oplog entry 0:5: collMod in shop: /,
      });
    }
    assert.throws(() => after([change('importCollection', {})]), { code: 'OPLOG_UNKNOWN' });
  });
});

describe('a catalog that is newer than the entries', () => {
  const rename = { renameCollection: 'shop.a', to: 'shop.b', stayTemp: false };
  const changes = [
    create('a', 1),
    change('createIndexes', { createIndexes: 'a', v: 2, key: { x: 1 }, name: 'x' }),
    change('renameCollection', rename),
    create('a', 2),
    change('drop', { drop: 'b' }),
    change('dropDatabase', { dropDatabase: 1 }, null),
    create('b', 3),
  ];

  test('is the same after them, from any place on', () => {
    const end = ['collection shop.a {} [_id_]', 'collection shop.b {} [_id_]'];
    const whole = after(changes.filter(({ command }) => command !== 'dropDatabase'));
    assert.deepEqual(said(whole), end);
    for (let from = 0; from <= changes.length; from++) {
      assert.deepEqual(said(after(changes.slice(from), whole.all(), true)), end, `from ${from}`);
    }
  });

  test('two collections share a name meanwhile', () => {
    const both = after(changes.slice(0, 1), after(changes.slice(0, 4)).all(), true);
    assert.deepEqual(said(both), ['collection shop.a {} [_id_]', 'collection shop.a {} [_id_]']);
  });

  test('what is not known is passed over, and refused after the end of the scan', () => {
    const unknown = change('drop', { drop: 'orders' }, 9);
    assert.deepEqual(new Catalog().apply(unknown, true), []);
    assert.throws(() => new Catalog().apply(unknown, false), { code: 'STORE_CORRUPT', message: /shop\.orders/ });
    const own = change('createIndexes', { createIndexes: 'transactions', v: 2, key: { x: 1 }, name: 'x' }, 9, 'config');
    assert.deepEqual(new Catalog().apply(own, false), []);
  });
});

describe('views and time-series collections', () => {
  const view = (o: Document, o2: Document | undefined) => change('system.views', o, null, 'shop', o2);
  const bucketOptions = { timeseries: { timeField: 't', granularity: 'seconds', bucketMaxSpanSeconds: 3600 } };
  const buckets = change(
    'create',
    { create: 'system.buckets.w', validator: { x: 1 }, clusteredIndex: true, ...bucketOptions },
    4,
  );
  const weather = { _id: 'shop.w', viewOn: 'system.buckets.w', pipeline: [] };

  test('come and go with the documents of system.views', () => {
    const document = { _id: 'shop.v', viewOn: 'a', pipeline: [{ $limit: 1 }] };
    const catalog = after([create('system.views', 8), view(document, document)]);
    assert.deepEqual(said(catalog), [
      'collection shop.system.views {} [_id_]',
      'view shop.v {"viewOn":"a","pipeline":[{"$limit":1}]} []',
    ]);
    const diff = { $v: 2, diff: { u: { viewOn: 'b' } } };
    catalog.apply(view(diff, { _id: 'shop.v' }), false);
    assert.equal(said(catalog)[1], 'view shop.v {"viewOn":"b","pipeline":[{"$limit":1}]} []');
    catalog.apply(view({ _id: 'shop.v' }, undefined), false);
    assert.equal(said(catalog).length, 1);
    catalog.apply(view(document, document), false);
    catalog.apply(change('drop', { drop: 'system.views' }, 8), false);
    assert.deepEqual(said(catalog), []);
  });

  test('a time-series collection has the options of its buckets', () => {
    const catalog = after([buckets, view(weather, weather)]);
    const minutes = change('collMod', { collMod: 'system.buckets.w', timeseries: { granularity: 'minutes' } }, 4);
    assert.equal(catalog.apply(minutes, false).length, 2);
    assert.equal(
      said(catalog)[1],
      'timeseries shop.w {"timeseries":{"timeField":"t","granularity":"minutes","bucketMaxSpanSeconds":86400}} []',
    );
  });
});
