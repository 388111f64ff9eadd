import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EJSON, serialize } from 'bson';
import { compileFilter } from '../../../src/query/matcher.ts';

/** Documents as a shell writes them, and whether the filter takes them. What MongoDB answers was tried on 6.0. */
const cases: readonly (readonly [filter: string, takes: readonly string[], leaves: readonly string[]])[] = [
  ['{}', ['{"a":1}'], []],
  ['{"a":1}', ['{"a":1}', '{"a":{"$numberLong":"1"}}', '{"a":1.0}', '{"a":[3,1]}'], ['{"a":2}', '{"a":"1"}', '{}']],
  ['{"a":null}', ['{}', '{"a":null}', '{"a":[null]}'], ['{"a":0}', '{"a":[]}']],
  ['{"a":{"$ne":1}}', ['{}', '{"a":2}'], ['{"a":1}', '{"a":[1,2]}']],
  ['{"a":{"$gt":5}}', ['{"a":6}', '{"a":[1,9]}', '{"a":{"$numberDecimal":"5.5"}}'], ['{"a":5}', '{"a":"9"}', '{}']],
  ['{"a":{"$gte":5,"$lt":7}}', ['{"a":5}', '{"a":6.9}'], ['{"a":7}', '{"a":4}']],
  ['{"a":{"$lte":"m"}}', ['{"a":"abc"}', '{"a":"m"}'], ['{"a":"n"}', '{"a":1}']],
  ['{"a":{"$in":[1,"x"]}}', ['{"a":1}', '{"a":"x"}', '{"a":["x"]}'], ['{"a":2}', '{}']],
  ['{"a":{"$nin":[1,null]}}', ['{"a":2}'], ['{"a":1}', '{}']],
  ['{"a.b":1}', ['{"a":{"b":1}}', '{"a":[{"b":2},{"b":1}]}'], ['{"a":{"b":2}}', '{"a":1}', '{"b":1}']],
  ['{"a.1":5}', ['{"a":[4,5]}', '{"a":{"1":5}}'], ['{"a":[5,4]}']],
  ['{"a.0.b":5}', ['{"a":[{"b":5}]}'], ['{"a":[{"b":4},{"b":5}]}']],
  ['{"a":{"b":1}}', ['{"a":{"b":1}}'], ['{"a":{"b":1,"c":2}}']],
  ['{"a":{"$exists":true}}', ['{"a":null}', '{"a":1}'], ['{}']],
  ['{"a":{"$exists":false}}', ['{}'], ['{"a":null}']],
  ['{"a":{"$type":"string"}}', ['{"a":"x"}', '{"a":["x"]}'], ['{"a":1}']],
  ['{"a":{"$type":["int","null"]}}', ['{"a":1}', '{"a":null}'], ['{"a":"x"}', '{"a":1.5}']],
  [
    '{"a":{"$regularExpression":{"pattern":"^ab","options":"i"}}}',
    ['{"a":"ABc"}', '{"a":["x","abz"]}'],
    ['{"a":"cab"}', '{"a":1}'],
  ],
  ['{"a":{"$size":2}}', ['{"a":[1,2]}'], ['{"a":[1]}', '{"a":2}']],
  ['{"a":{"$all":[1,2]}}', ['{"a":[2,3,1]}'], ['{"a":[1]}', '{}']],
  ['{"a":{"$elemMatch":{"b":1,"c":2}}}', ['{"a":[{"b":1,"c":2}]}'], ['{"a":[{"b":1},{"c":2}]}', '{"a":{"b":1,"c":2}}']],
  ['{"a":{"$elemMatch":{"$gt":1,"$lt":3}}}', ['{"a":[0,2]}'], ['{"a":[0,5]}', '{"a":2}']],
  ['{"a":{"$mod":[4,1]}}', ['{"a":5}', '{"a":[2,9]}'], ['{"a":4}', '{"a":"5"}']],
  ['{"a":{"$not":{"$gt":5}}}', ['{"a":5}', '{}', '{"a":"x"}'], ['{"a":6}']],
  ['{"$or":[{"a":1},{"b":2}]}', ['{"a":1}', '{"b":2}'], ['{"a":2}']],
  ['{"$and":[{"a":1},{"b":2}]}', ['{"a":1,"b":2}'], ['{"a":1}']],
  ['{"$nor":[{"a":1},{"b":2}]}', ['{"a":2}'], ['{"a":1}', '{"b":2}']],
  ['{"_id":{"$oid":"507f1f77bcf86cd799439011"}}', ['{"_id":{"$oid":"507f1f77bcf86cd799439011"}}'], ['{"_id":1}']],
];

const raw = (json: string): Buffer => Buffer.from(serialize(EJSON.parse(json, { relaxed: false })));

for (const [filter, takes, leaves] of cases) {
  test(filter, () => {
    const matches = compileFilter(EJSON.parse(filter, { relaxed: false }));
    for (const document of takes) assert.equal(matches(raw(document)), true, `takes ${document}`);
    for (const document of leaves) assert.equal(matches(raw(document)), false, `leaves ${document}`);
  });
}

for (const filter of [
  '{"a":{"$where":"1"}}',
  '{"$expr":{}}',
  '{"$or":[]}',
  '{"a":{"$in":1}}',
  '{"a":{"$mod":[0,1]}}',
  '{"a":{"$type":"text"}}',
]) {
  test(`${filter} is refused with what is known`, () => {
    assert.throws(() => compileFilter(EJSON.parse(filter, { relaxed: false })), { code: 'INPUT_INVALID' });
  });
}

test('patterns that are none, with options of other engines or too long are refused', () => {
  for (const [pattern, options] of [
    ['(', ''],
    ['a', 'x'],
    ['a'.repeat(600), ''],
  ]) {
    const filter = { a: { $regularExpression: { pattern, options } } };
    assert.throws(() => compileFilter(EJSON.deserialize(filter, { relaxed: false })), { code: 'INPUT_INVALID' });
  }
});
