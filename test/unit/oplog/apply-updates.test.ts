import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BSON } from 'mongodb';
import type { RunUpdate } from '../../../src/blocks/ports.ts';
import { applyUpdate } from '../../../src/oplog/apply-update.ts';
import { applyUpdates } from '../../../src/oplog/apply-updates.ts';
import { setsOf } from '../../../src/oplog/field-sets.ts';
import { joinUpdates } from '../../../src/oplog/join-updates.ts';
import { patchSets } from '../../../src/oplog/patch-sets.ts';
import { fc } from '../../support/properties.ts';
import { element, rawDocument, rawValue } from '../blocks/raw-bson.ts';
import { raw } from '../blocks/run-entries.ts';

const names = ['a', 'b', 'c', 'dd', 'e', 'n'];
const name = fc.constantFrom(...names);
const value = fc.oneof(
  fc.integer(),
  fc.string({ maxLength: 9 }),
  fc.constant(null),
  fc.constant({ x: 1, y: { z: 'q' } }),
);
const fields = fc.uniqueArray(fc.tuple(name, value), { selector: ([field]) => field, maxLength: 4 });
/** Every field, in any order: sets then find what they set. */
const allFields = fc
  .tuple(fc.shuffledSubarray(names, { minLength: names.length }), value)
  .map(([order, held]) => order.map((field) => [field, held] as const));
/** Sets are the most, so that stretches of them are long; what else comes between ends a stretch. */
const anyUpdate = fc.oneof(
  { weight: 6, arbitrary: fields.map((sets) => ({ $v: 2, diff: { u: Object.fromEntries(sets) } })) },
  { weight: 3, arbitrary: fields.map((sets) => ({ $v: 1, $set: Object.fromEntries(sets) })) },
  { weight: 1, arbitrary: fields.map((sets) => ({ $v: 2, diff: { i: Object.fromEntries(sets) } })) },
  { weight: 1, arbitrary: name.map((gone) => ({ $v: 2, diff: { d: { [gone]: false } } })) },
  { weight: 1, arbitrary: name.map((gone) => ({ $v: 1, $unset: { [gone]: true } })) },
  { weight: 1, arbitrary: fields.map((all) => ({ _id: 7, ...Object.fromEntries(all) })) },
  { weight: 1, arbitrary: fc.constant({ $v: 1, $set: { 'n.y': 2, a: 3 } }) },
  { weight: 1, arbitrary: fc.constant({ $v: 2, diff: { u: { a: 4 }, d: { b: false } } }) },
);

function oneByOne(document: Buffer | undefined, updates: readonly RunUpdate[]): Buffer | undefined {
  return updates.reduce<Buffer | undefined>((now, update) => applyUpdate(now, update, true), document);
}

test('many updates at once give byte for byte what they give one after another', () => {
  let joined = 0;
  let shortened = 0;
  fc.assert(
    fc.property(
      fc.oneof(fields, allFields),
      fc.boolean(),
      fc.array(anyUpdate, { maxLength: 12 }),
      (before, twice, changes) => {
        // A name may occur twice: what changes is then the first.
        const again = twice ? before.slice(0, 1) : [];
        const elements = [['_id', 7] as const, ...before, ...again].map(([field, held]) => raw({ [field]: held }));
        const document = rawDocument(...elements.map((bytes) => bytes.subarray(4, -1)));
        const updates = changes.map((change) => ({ update: raw(change), upsert: false }));
        const expected = oneByOne(document, updates);
        const found = applyUpdates(document, updates, true);
        assert.equal(found?.toString('hex'), expected?.toString('hex'));
        const fewer = joinUpdates(updates);
        assert.equal(oneByOne(document, fewer)?.toString('hex'), expected?.toString('hex'));
        assert.equal(applyUpdates(document, fewer, true)?.toString('hex'), expected?.toString('hex'));
        shortened += updates.length - fewer.length;
        // Within other bytes, as in a block.
        const [before7, before3] = [Buffer.alloc(7, 1), Buffer.alloc(3, 2)];
        const places = updates.map(({ update }) => ({ bytes: Buffer.concat([before3, update, before7]), start: 3 }));
        const out = Buffer.alloc(updates.reduce((sum, { update }) => sum + update.length, 5 + document.length));
        const inBlock = Buffer.concat([before7, document, before3]);
        const end = patchSets(inBlock, 7, places.reverse(), out, 5);
        if (end >= 0) assert.equal(out.toString('hex', 5, end), expected?.toString('hex'));
        if (end >= 0 && updates.length > 1) joined++;
      },
    ),
    { numRuns: 5000 },
  );
  assert.ok(joined > 100, `only ${joined} lists were joined`);
  assert.ok(shortened > 1000, `only ${shortened} updates were joined with others`);
});

test('an upsert, and a document that is not there, go their own way', () => {
  const set = { update: raw({ $v: 2, diff: { u: { a: 1 } } }), upsert: false };
  assert.equal(applyUpdates(undefined, [set, set], true), undefined);
  assert.throws(() => applyUpdates(undefined, [set, set], false), { code: 'STORE_CORRUPT' });
  const upsert = { update: raw({ o2: { _id: 1 }, o: { $v: 1, $set: { a: 1 } } }), upsert: true };
  const expected = raw({ _id: 1, a: 1 });
  assert.ok(applyUpdates(undefined, [upsert, set, set], false)?.equals(expected));
});

const showUpdates = (updates: readonly RunUpdate[]): readonly unknown[] =>
  joinUpdates(updates).map(({ update }) => BSON.deserialize(update));
const asUpdates = (...changes: readonly Record<string, unknown>[]): RunUpdate[] =>
  changes.map((change) => ({ update: raw(change), upsert: false }));

test('a hundred updates of the same fields are kept as the newest of them', () => {
  const hundred = Array.from({ length: 100 }, (_, at) => ({ $v: 2, diff: { u: { total: at, status: `s${at}` } } }));
  assert.deepEqual(showUpdates(asUpdates(...hundred)), [{ $v: 2, diff: { u: { total: 99, status: 's99' } } }]);
  const modifiers = Array.from({ length: 100 }, (_, at) => ({ $v: 1, $set: { total: at } }));
  assert.deepEqual(showUpdates(asUpdates(...modifiers)), [{ $v: 1, $set: { total: 99 } }]);
});

test('updates stay apart where the document they meet decides what comes of them', () => {
  const apart = [
    // Appended by name: b before a, were they one.
    [
      { $v: 1, $set: { b: 1 } },
      { $v: 1, $set: { a: 1 } },
    ],
    [
      { $v: 1, $set: { a: 1 } },
      { $v: 2, diff: { u: { a: 2 } } },
    ],
    [
      { $v: 2, diff: { u: { a: 1 } } },
      { $v: 2, diff: { d: { a: false } } },
      { $v: 2, diff: { u: { a: 2 } } },
    ],
    Array.from({ length: 33 }, (_, at) => ({ $v: 2, diff: { u: { [`f${at}`]: at } } })),
  ];
  for (const list of apart.slice(0, 3)) assert.deepEqual(showUpdates(asUpdates(...list)), list);
  assert.equal(showUpdates(asUpdates(...(apart[3] ?? []))).length, 2);
  const field = (held: number): Buffer => element('a', 0x10, rawValue.int32(held));
  const twice = rawDocument(field(1), field(2));
  const diff = element('diff', 0x03, rawDocument(element('u', 0x03, twice)));
  const named = { update: rawDocument(element('$v', 0x10, rawValue.int32(2)), diff), upsert: false };
  assert.deepEqual(joinUpdates([named, named]), [named, named]);
  const upsert = { update: raw({ o2: { _id: 1 }, o: { $v: 2, diff: { u: { a: 1 } } } }), upsert: true };
  const set = { update: raw({ $v: 2, diff: { u: { a: 2 } } }), upsert: false };
  assert.deepEqual(joinUpdates([upsert, set]), [upsert, set]);
});

test('only what sets fields of the top level and nothing else is joined', () => {
  const joins = (update: Buffer): boolean => setsOf(update) !== undefined;
  assert.equal(joins(raw({ $v: 2, diff: { u: { a: 1, b: 'x' } } })), true);
  assert.equal(joins(raw({ $v: 1, $set: { a: 1 } })), true);
  for (const other of [
    { $v: 2, diff: { u: { a: 1 }, i: { b: 1 } } },
    { $v: 2, diff: { i: { a: 1 } } },
    { $v: 2, diff: { sa: { u: { b: 1 } } } },
    { $v: 1, $set: { 'a.b': 1 } },
    { $v: 1, $set: { a: 1 }, $unset: { b: true } },
    { $v: 2, diff: { u: Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`f${at}`, at])) } },
    { _id: 1, a: 1 },
  ]) {
    assert.equal(joins(raw(other)), false, JSON.stringify(other));
  }
});
