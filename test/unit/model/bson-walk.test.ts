import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BSON } from 'mongodb';
import { documentKey } from '../../../src/blocks/document-key.ts';
import { documentEnd, elementType, findElement, textEnd, valueEnd } from '../../../src/model/bson-walk.ts';
import { fc } from '../../support/properties.ts';
import { element, rawDocument, rawValue } from '../blocks/raw-bson.ts';

const idName = Buffer.from('_id');
const invalid = { code: 'FORMAT_INVALID' };

test('a field is found wherever it stands, with its value', () => {
  const bytes = Buffer.from(BSON.serialize({ shard: 'a', nested: { _id: 1 }, list: [1, 2], _id: 42, after: true }));
  const at = findElement(bytes, 0, bytes.length, idName);
  assert.equal(bytes[at], elementType.int32);
  const valueAt = textEnd(bytes, at + 1, bytes.length) + 1;
  assert.equal(bytes.readInt32LE(valueAt), 42);
  assert.equal(valueEnd(bytes, elementType.int32, valueAt, bytes.length), valueAt + 4);
  assert.equal(findElement(bytes, 0, bytes.length, Buffer.from('_i')), -1);
  assert.equal(findElement(bytes, 0, bytes.length, Buffer.from('_id2')), -1);
});

test('a document may stand anywhere in a batch', () => {
  const one = Buffer.from(BSON.serialize({ a: 1 }));
  const two = Buffer.from(BSON.serialize({ b: 'x', _id: 7 }));
  const bytes = Buffer.concat([one, two, one]);
  assert.equal(documentEnd(bytes, one.length, bytes.length), one.length + two.length);
  assert.equal(findElement(bytes, 0, bytes.length, idName), -1);
  assert.equal(bytes[findElement(bytes, one.length, bytes.length, idName)], elementType.int32);
});

test('of two fields with one name the first is taken', () => {
  const bytes = rawDocument(element('_id', 0x10, rawValue.int32(1)), element('_id', 0x10, rawValue.int32(2)));
  assert.equal(bytes.readInt32LE(findElement(bytes, 0, bytes.length, idName) + 5), 1);
});

test('every length that does not fit is refused', () => {
  const good = Buffer.from(BSON.serialize({ _id: 1 }));
  for (const size of [0, 4, good.length + 1, -1, 0x7fffffff]) {
    const bytes = Buffer.from(good);
    bytes.writeInt32LE(size, 0);
    assert.throws(() => findElement(bytes, 0, bytes.length, idName), invalid);
  }
  for (const type of [
    elementType.string,
    elementType.binary,
    elementType.document,
    elementType.dbPointer,
    elementType.codeWithScope,
  ]) {
    for (const size of [-1, 0x7fffffff, 100]) {
      const bytes = rawDocument(element('a', type, rawValue.int32(size)), element('_id', 0x10, rawValue.int32(1)));
      assert.throws(() => findElement(bytes, 0, bytes.length, idName), invalid, `type ${type}, length ${size}`);
    }
  }
  for (const type of [0, 0x14, 0x7e, 0x80]) {
    const bytes = rawDocument(element('a', type, Buffer.alloc(8)));
    assert.throws(() => findElement(bytes, 0, bytes.length, idName), invalid, `type ${type}`);
  }
  assert.throws(() => documentEnd(good, 0, good.length - 1), invalid);
  assert.throws(() => documentEnd(good, good.length, good.length), invalid);
});

test('an _id may be nested 200 deep, and a depth that the server never has is refused', () => {
  const nested = (depth: number): Buffer => {
    let value = rawDocument();
    for (let level = 1; level < depth; level++) value = rawDocument(element('a', 0x03, value));
    return rawDocument(element('_id', 0x03, value));
  };
  assert.ok(documentKey(nested(200)).length > 200);
  assert.throws(() => documentKey(nested(2000)), invalid);
});

test('whatever bytes are damaged, the answer is a key or FORMAT_INVALID', () => {
  const whole = Buffer.from(
    BSON.serialize({
      a: 'text',
      b: [1, { c: new BSON.Code('f()', { x: 1 }) }],
      r: /x/i,
      d: BSON.Decimal128.fromString('0.1'),
      _id: {
        s: 'x',
        l: BSON.Long.fromString('9007199254740993'),
        bin: new BSON.Binary(Buffer.from([1, 2])),
        list: ['a', null],
      },
    }),
  );
  const damage = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 0, max: 255 })), {
    minLength: 1,
    maxLength: 4,
  });
  fc.assert(
    fc.property(damage, fc.nat(whole.length), (changes, length) => {
      const bytes = Buffer.from(whole);
      for (const [at, value] of changes) bytes[at] = value;
      for (const limit of [bytes.length, length]) {
        try {
          documentKey(bytes, 0, limit);
        } catch (error) {
          assert.ok(error instanceof Error && 'code' in error && error.code === 'FORMAT_INVALID', String(error));
        }
      }
    }),
    { numRuns: 5000 },
  );
});
