import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BSON } from 'mongodb';
import type { CollectionInfo } from '../../../src/model/collection.ts';
import { namespaceMatcher, parseRename, renamer } from '../../../src/restore/namespaces.ts';
import { makePlan } from '../../../src/restore/plan.ts';
import { collectionInfo, memorySource } from '../../support/restore-source.ts';

const raw = (document: object): Buffer => Buffer.from(BSON.serialize(document));
const settings = { namespaces: [], renames: [], usersAndRoles: false };

function plan(infos: readonly CollectionInfo[], changes = {}) {
  return makePlan(memorySource(infos.map((info) => ({ info, documents: [] }))), { ...settings, ...changes });
}

test('a star stands for any characters, everything else for itself', () => {
  const matches = namespaceMatcher(['shop.*', '*.cache', 'a+b.c(d)']);
  assert.deepEqual(['shop.orders', 'shop.a.b', 'crm.cache', 'a+b.c(d)'].map(matches), [true, true, true, true]);
  assert.deepEqual(['shopping.x', 'crm.caches', 'aab.cd'].map(matches), [false, false, false]);
  assert.equal(namespaceMatcher([])('any.thing'), true);
});

test('the first rename that matches decides', () => {
  const rename = renamer(['shop.orders=old.orders', 'shop.*=copy.*_2', '*.log=logs.*'].map(parseRename));
  assert.deepEqual(['shop.orders', 'shop.users', 'crm.log', 'crm.x'].map(rename), [
    'old.orders',
    'copy.users_2',
    'logs.crm',
    'crm.x',
  ]);
  for (const wrong of ['shop.*', 'shop=copy', 'shop.*=copy.x', 'a.b=c.d=e.f', '.a=b.c']) {
    assert.throws(() => parseRename(wrong), { code: 'USAGE' }, wrong);
  }
});

test('what belongs to one deployment alone, and what was temporary, is left out and said', () => {
  const names = [
    'local.x',
    'config.settings',
    'admin.system.version',
    'shop.system.views',
    'shop.system.js',
    'admin.own',
  ];
  const temporary = collectionInfo('shop.tmp', { temporary: true });
  const { collections, skipped } = plan([...names.map((name) => collectionInfo(name)), temporary]);
  assert.deepEqual(collections.map(({ to }) => to).toSorted(), ['admin.own', 'shop.system.js']);
  assert.equal(skipped.length, 5);
});

test('users and roles are in the plan only when asked', () => {
  const infos = [collectionInfo('admin.system.users'), collectionInfo('admin.system.roles')];
  assert.equal(plan(infos).accounts.length, 0);
  assert.equal(plan(infos, { usersAndRoles: true }).accounts.length, 2);
});

test('two sources for one name, and a pattern that matches nothing, are errors', () => {
  const infos = [collectionInfo('a.x'), collectionInfo('b.x')];
  const renames = [parseRename('*.x=c.*'), parseRename('b.x=a.x')];
  assert.deepEqual(
    plan(infos, { renames: [renames[0]] }).collections.map(({ to }) => to),
    ['c.a', 'c.b'],
  );
  assert.throws(() => plan(infos, { renames: [renames[1]] }), {
    code: 'USAGE',
    message: /a\.x and b\.x would both become a\.x/,
  });
  assert.throws(() => plan(infos, { namespaces: ['a.*', 'c.*'] }), {
    code: 'USAGE',
    message: /nothing .* is called c\.\*/,
  });
});

test('a view follows the collection that it stands on when that is renamed', () => {
  const info = collectionInfo('shop.view', { type: 'view', options: raw({ viewOn: 'orders', pipeline: [] }) });
  const [view] = plan([collectionInfo('shop.orders'), info], { renames: [parseRename('shop.*=copy.new_*')] }).views;
  assert.equal(view?.to, 'copy.new_view');
  assert.equal(view?.options.get('viewOn'), 'new_orders');
});

test('a time series goes by its own name, its buckets go with it', () => {
  const options = raw({
    timeseries: { timeField: 't' },
    clusteredIndex: true,
    validator: { x: 1 },
    expireAfterSeconds: 60n,
  });
  const buckets = collectionInfo('shop.system.buckets.weather', { options });
  const series = collectionInfo('shop.weather', { type: 'timeseries' });
  const { collections } = plan([buckets, series], {
    namespaces: ['shop.weather'],
    renames: [parseRename('shop.*=copy.*')],
  });
  const [planned, ...others] = collections;
  assert.equal(others.length, 0);
  assert.equal(planned?.to, 'copy.weather');
  assert.equal(planned?.dataName, 'system.buckets.weather');
  assert.deepEqual([...(planned?.options.keys() ?? [])], ['timeseries']);
  assert.ok(planned?.expireAfterSeconds !== undefined);
});
