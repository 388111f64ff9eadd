import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isNeverKept, NamespaceFilter } from '../../../src/model/namespace-filter.ts';

test("the server's own leftovers are never kept, and nothing that looks like them", () => {
  const never = [
    'local.oplog.rs',
    'config.transactions',
    'config.image_collection',
    'config.system.sessions',
    'config.cache.chunks.shop.orders',
    'config.system.preimages',
    'config.system.indexBuilds',
    'admin.system.keys',
    'shop.system.profile',
    'shop.system.resharding.8b3e',
  ];
  const kept = [
    'localities.x',
    'config.chunks',
    'config.caches',
    'config.transactions2',
    'admin.system.users',
    'shop.my.system.profile',
    'shop.system.resharding',
    'shop.system.views',
    'xlocal.a',
  ];
  for (const namespace of never) assert.ok(isNeverKept(namespace), namespace);
  for (const namespace of kept) assert.ok(!isNeverKept(namespace), namespace);
  assert.ok(!new NamespaceFilter({ include: ['config.transactions'], exclude: [] }).keeps('config.transactions'));
});

test('what the source was is known whatever the patterns say', () => {
  for (const patterns of [
    { include: ['shop.*'], exclude: [] },
    { include: [], exclude: ['admin.*'] },
  ]) {
    const filter = new NamespaceFilter(patterns);
    assert.deepEqual(
      ['admin.system.version', 'admin.system.users'].map((name) => filter.keeps(name)),
      [true, false],
    );
  }
});

test('no pattern means all; excluding wins', () => {
  assert.ok(new NamespaceFilter({ include: [], exclude: [] }).keeps('shop.orders'));
  const filter = new NamespaceFilter({ include: ['shop.*', '*.cache'], exclude: ['shop.tmp*', '*.secret'] });
  for (const kept of ['shop.orders', 'other.cache', 'shop.a.b', 'shop.orders']) assert.ok(filter.keeps(kept), kept);
  for (const not of ['other.orders', 'shop.tmp1', 'shop.secret', 'x.cache2']) assert.ok(!filter.keeps(not), not);
});

test('a pattern is no regular expression', () => {
  const filter = new NamespaceFilter({ include: ['a.b+(c)'], exclude: [] });
  assert.ok(filter.keeps('a.b+(c)'));
  for (const not of ['axb+(c)', 'a.bb(c)', 'a.bbc', 'xa.b+(c)', 'a.b+(c)\n']) assert.ok(!filter.keeps(not), not);
  assert.ok(new NamespaceFilter({ include: ['a.*c'], exclude: [] }).keeps('a.b\nc'));
});

test('a time-series name covers its buckets', () => {
  const filter = new NamespaceFilter({ include: ['shop.weather'], exclude: [] });
  assert.ok(filter.keeps('shop.weather'));
  assert.ok(filter.keeps('shop.system.buckets.weather'));
  assert.ok(!filter.keeps('shop.system.buckets.other'));
  assert.ok(!new NamespaceFilter({ include: [], exclude: ['shop.weather'] }).keeps('shop.system.buckets.weather'));
});
