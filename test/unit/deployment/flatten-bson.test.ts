import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BSON, Double, Int32, Long, Timestamp } from 'mongodb';
import { findDocument, findNumber } from '../../../src/deployment/find-bson.ts';
import { Flattener, numericNames } from '../../../src/deployment/flatten-bson.ts';
import { fc } from '../../support/properties.ts';

const bytesOf = (document: object) => Buffer.from(BSON.serialize(document));

test('every numeric leaf becomes a number, in reply order, under its own name', () => {
  const { values, layout } = new Flattener().flatten(
    bytesOf({
      a: new Int32(-3),
      text: 'no number',
      b: { 'with.dot': Long.fromBigInt(2n ** 40n), 'per%cent': new Double(0.5), yes: true },
      list: [{ x: 1 }, 7],
      when: new Date(1_700_000_000_123),
      ts: new Timestamp({ t: 1_700_000_000, i: 9 }),
      nothing: null,
      pattern: /a.c/,
      id: new BSON.ObjectId(),
      blob: new BSON.Binary(Buffer.from('abc')),
    }),
  );
  assert.deepEqual(layout.names, ['a', 'b.with%2Edot', 'b.per%25cent', 'b.yes', 'list.0.x', 'list.1', 'when', 'ts']);
  assert.deepEqual([...values], [-3, 2 ** 40, 0.5, 1, 1, 7, 1_700_000_000_123, 1_700_000_000]);
});

test('when FTDC began and ended is noise, deeper dates of that name are not', () => {
  const at = new Date(5);
  const { layout } = new Flattener().flatten(
    bytesOf({ start: at, s: { start: at, n: 1, end: at, deep: { start: at } }, end: at }),
  );
  assert.deepEqual(layout.names, ['s.n', 's.deep.start']);
});

test('the same structure keeps its layout whatever size the numbers have; another structure gets its own', () => {
  const flattener = new Flattener();
  const first = flattener.flatten(bytesOf({ a: { n: 1, m: 2 } })).layout;
  assert.equal(flattener.flatten(bytesOf({ a: { n: Long.fromNumber(2 ** 40), m: 0.5 } })).layout, first);
  assert.notEqual(flattener.flatten(bytesOf({ a: { n: 1 }, m: 2 })).layout, first);
  assert.notEqual(flattener.flatten(bytesOf({ a: { m: 1, n: 2 } })).layout, first);
});

test('values and names always fit together, and equal names come from equal hashes', () => {
  const leaf = fc.oneof(fc.integer(), fc.double({ noNaN: true }), fc.boolean(), fc.string(), fc.constant(null));
  const key = fc.stringMatching(/^[a-z.%é ]{1,8}$/);
  const tree = fc.letrec<{ node: unknown }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc.dictionary(key, tie('node'), { maxKeys: 5 }),
      fc.array(tie('node'), { maxLength: 4 }),
    ),
  })).node;
  const flattener = new Flattener();
  fc.assert(
    fc.property(fc.dictionary(key, tree, { maxKeys: 6 }), (document) => {
      const bytes = bytesOf(document);
      const { values, layout } = flattener.flatten(bytes);
      assert.equal(values.length, layout.names.length);
      assert.deepEqual(layout.names, numericNames(bytes));
    }),
  );
});

test('damaged bytes are refused, never read beyond their end', () => {
  const good = bytesOf({ a: { b: 'text', c: 5 }, d: [1, 2, 3] });
  const flattener = new Flattener();
  fc.assert(
    fc.property(fc.nat(good.length - 1), fc.nat(255), (at, byte) => {
      const bad = Buffer.from(good);
      bad[at] = byte;
      try {
        const { values, layout } = flattener.flatten(bad);
        assert.equal(values.length, layout.names.length);
      } catch (thrown) {
        assert.ok(thrown instanceof RangeError, String(thrown));
      }
    }),
  );
});

test('a value is found by its path', () => {
  const bytes = bytesOf({ x: 'skip', s: { t: [1], pid: Long.fromNumber(77) } });
  assert.equal(findNumber(bytes, 's', 'pid'), 77);
  assert.equal(findNumber(bytes, 's', 'nope'), undefined);
  assert.equal(findNumber(bytes, 'x', 'pid'), undefined);
  assert.deepEqual(findDocument(bytes, 's')?.length, BSON.calculateObjectSize({ t: [1], pid: Long.fromNumber(77) }));
});
