import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WriteScan } from '../../../src/oplog/write-scan.ts';
import { command, entry, insert, inTransaction, ordersUuid, remove, ts } from './entries.ts';

function writes(bytes: Buffer): [string, number][] {
  const found: [string, number][] = [];
  new WriteScan().writes(bytes, (at, namespace, size) => {
    assert.equal(at, ts(1));
    found.push([namespace, size]);
  });
  return found;
}

test('an entry counts with its bytes where it writes; a no-op does not', () => {
  const one = entry(1, insert(1));
  assert.deepEqual(writes(one), [['shop.orders', one.length]]);
  assert.deepEqual(writes(entry(1, { op: 'n', ns: '', o: { msg: '' } })), []);
});

test('a command counts at the collection that it names', () => {
  const names = [
    { createIndexes: 'orders', name: 'x' },
    { renameCollection: 'shop.orders', to: 'a.b' },
    { dropDatabase: 1 },
  ].map((o) => writes(entry(1, command(o, { ns: 'shop.$cmd', ui: ordersUuid })))[0]?.[0]);
  assert.deepEqual(names, ['shop.orders', 'shop.orders', 'shop.$cmd']);
});

test('a transaction counts where its operations do', () => {
  const other = { ...remove(1), ns: 'stats.days' };
  const bytes = entry(1, command({ applyOps: [insert(1), other, insert(2)] }, inTransaction(1, null)));
  const found = writes(bytes);
  assert.deepEqual(
    found.map(([namespace]) => namespace),
    ['shop.orders', 'stats.days', 'shop.orders'],
  );
  const sum = found.reduce((total, [, size]) => total + size, 0);
  assert.ok(sum > 0 && sum < bytes.length);
});
