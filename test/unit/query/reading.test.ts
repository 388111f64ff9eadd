import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EJSON, serialize } from 'bson';
import { Best } from '../../../src/query/best.ts';
import { changesBetween } from '../../../src/query/changes.ts';
import { jsonOfDocument, projected } from '../../../src/query/extended-json.ts';
import { fc } from '../../support/properties.ts';

const raw = (document: object): Buffer => Buffer.from(serialize(document));

test('the first documents in an order are those of a whole sort', () => {
  const document = fc.record(
    { a: fc.integer({ min: 0, max: 5 }), b: fc.string({ maxLength: 2 }) },
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(fc.array(document, { maxLength: 40 }), fc.integer({ min: 1, max: 10 }), (documents, limit) => {
      const best = new Best({ a: -1, b: 1 }, limit);
      const inOrder = documents.map((one, at) => ({ ...one, at }));
      for (const one of inOrder) best.add(raw(one));
      const byBytes = (x: string, y: string): number => Buffer.compare(Buffer.from(x), Buffer.from(y));
      const expected = inOrder.toSorted((x, y) => y.a - x.a || byBytes(x.b, y.b)).slice(0, limit);
      const found = best.documents().map((bytes) => EJSON.deserialize(jsonOfDocument(bytes) as never));
      assert.deepEqual(found, expected);
      assert.equal(best.dropped, documents.length > limit);
    }),
  );
});

test('missing sorts as null, an array by its smallest or largest element', () => {
  const best = new Best({ a: 1 }, 10);
  for (const one of [{ n: 1, a: 5 }, { n: 2 }, { n: 3, a: [9, 2] }, { n: 4, a: 'x' }]) best.add(raw(one));
  const order = (sorted: Best) =>
    sorted
      .documents()
      .map((bytes) =>
        Number(jsonOfDocument(bytes)['n'] !== undefined && EJSON.deserialize(jsonOfDocument(bytes) as never)['n']),
      );
  assert.deepEqual(order(best), [2, 3, 1, 4]);
  const down = new Best({ a: -1 }, 10);
  for (const one of [{ n: 1, a: 5 }, { n: 2 }, { n: 3, a: [9, 2] }]) down.add(raw(one));
  assert.deepEqual(order(down), [3, 1, 2]);
});

test('fields are named or left out, nested ones and in arrays too', () => {
  const document = { _id: 1, a: { b: 1, c: 2 }, list: [{ x: 1, y: 2 }, 5], z: 0 };
  assert.deepEqual(projected(document, {}), document);
  assert.deepEqual(projected(document, { 'a.b': 1, 'list.x': 1 }), { _id: 1, a: { b: 1 }, list: [{ x: 1 }] });
  assert.deepEqual(projected(document, { a: 0, 'list.x': 0, _id: 0 }), { list: [{ y: 2 }, 5], z: 0 });
  assert.deepEqual(projected(document, { _id: 1 }), { _id: 1 });
  assert.throws(() => projected(document, { a: 1, z: 0 }), { code: 'INPUT_INVALID' });
});

test('what differs between two versions is told path by path', () => {
  const was = { n: { $numberInt: '1' }, tags: ['a', 'b'], gone: true, deep: { same: 1, other: 2 } };
  const is = { n: { $numberInt: '2' }, tags: ['a', 'c', 'd'], deep: { same: 1, other: 3 }, fresh: {} };
  assert.deepEqual(changesBetween(was, is), [
    { path: 'n', before: { $numberInt: '1' }, after: { $numberInt: '2' } },
    { path: 'tags.1', before: 'b', after: 'c' },
    { path: 'tags.2', before: undefined, after: 'd' },
    { path: 'gone', before: true, after: undefined },
    { path: 'deep.other', before: 2, after: 3 },
    { path: 'fresh', before: undefined, after: {} },
  ]);
  assert.deepEqual(changesBetween(was, was), []);
});

test('every type is seen as canonical Extended JSON', () => {
  const json = {
    _id: { $oid: '507f1f77bcf86cd799439011' },
    long: { $numberLong: '5' },
    decimal: { $numberDecimal: 'NaN' },
    at: { $date: { $numberLong: '1763719200000' } },
    pattern: { $regularExpression: { pattern: 'a', options: 'i' } },
    least: { $minKey: 1 },
    bytes: { $binary: { base64: 'AQI=', subType: '00' } },
  };
  assert.deepEqual(jsonOfDocument(raw(EJSON.deserialize(json, { relaxed: false }))), json);
});
