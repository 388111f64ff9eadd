import assert from 'node:assert/strict';
import { test } from 'node:test';
import { oneLine, shownValue, typedId } from '../../../../../../src/web/pages/backup/explore/extended-json.ts';

test('values of canonical Extended JSON read as in the shell', () => {
  const values: readonly (readonly [unknown, string])[] = [
    [null, 'null'],
    [true, 'true'],
    ['a "b"', '"a \\"b\\""'],
    [{ $numberInt: '5' }, '5'],
    [{ $numberDouble: '-0.0' }, '-0.0'],
    [{ $numberLong: '9007199254740993' }, 'NumberLong(9007199254740993)'],
    [{ $numberDecimal: 'NaN' }, 'NumberDecimal("NaN")'],
    [{ $oid: '65a1b2c3d4e5f6071829a0b0' }, 'ObjectId("65a1b2c3d4e5f6071829a0b0")'],
    [{ $date: { $numberLong: '0' } }, 'ISODate("1970-01-01T00:00:00.000Z")'],
    [{ $date: { $numberLong: '9223372036854775807' } }, 'ISODate("9223372036854776000 ms")'],
    [{ $timestamp: { t: 5, i: 2 } }, 'Timestamp(5, 2)'],
    [{ $regularExpression: { pattern: '^a', options: 'i' } }, '/^a/i'],
    [
      { $binary: { base64: 'AAECAwQFBgcICQoLDA0ODw==', subType: '04' } },
      'UUID("00010203-0405-0607-0809-0a0b0c0d0e0f")',
    ],
    [{ $binary: { base64: 'AAE=', subType: '80' } }, 'BinData(128, "AAE=")'],
    [{ $minKey: 1 }, 'MinKey'],
    [{ $undefined: true }, 'undefined'],
    [{ $code: 'f()', $scope: {} }, 'Code("f()")'],
  ];
  for (const [value, text] of values) assert.equal(shownValue(value), text);
});

test('objects and arrays are no values, also with names that look like types', () => {
  assert.equal(shownValue({ a: 1 }), undefined);
  assert.equal(shownValue([]), undefined);
  assert.equal(shownValue({ $oid: 'x', more: 1 }), undefined);
  assert.equal(shownValue({ $ref: 'a' }), undefined);
});

test('a document on one line stops at its bound', () => {
  assert.equal(oneLine({ _id: { $numberInt: '1' }, a: [{ b: 'c' }] }), '{_id: 1, a: [{b: "c"}]}');
  assert.equal(oneLine(undefined), 'nothing');
  const long = oneLine({ text: 'x'.repeat(1e6) }, 50);
  assert.ok(long.length === 50 && long.endsWith('…'));
});

test('what is typed for an _id: Extended JSON, an ObjectId, or text', () => {
  assert.deepEqual(typedId(' 65A1b2c3d4e5f6071829a0b0 '), { $oid: '65a1b2c3d4e5f6071829a0b0' });
  assert.deepEqual(typedId('ObjectId("65a1b2c3d4e5f6071829a0b0")'), { $oid: '65a1b2c3d4e5f6071829a0b0' });
  assert.equal(typedId('42'), 42);
  assert.deepEqual(typedId('{"$numberLong": "42"}'), { $numberLong: '42' });
  assert.equal(typedId('kim@example.net'), 'kim@example.net');
});
