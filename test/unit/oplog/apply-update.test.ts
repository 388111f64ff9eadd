import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { BSON, type Document } from 'bson';
import { applyUpdate, upsertBody } from '../../../src/oplog/apply-update.ts';
import { AppError } from '../../../src/runtime/errors.ts';
import { fc } from '../../support/properties.ts';
import { anyValues } from '../blocks/id-values.ts';
import { element, rawDocument, rawValue } from '../blocks/raw-bson.ts';
import { showBson } from './show-bson.ts';

type Fields = Document | ReadonlyArray<readonly [string, unknown]>;

/** Fields as a list keep their order whatever their names. */
function raw(fields: Fields): Buffer {
  return Buffer.from(BSON.serialize(Array.isArray(fields) ? new Map(fields) : fields));
}

function apply(document: Buffer | undefined, update: Fields, lenient = false): string {
  return showBson(applyUpdate(document, { update: raw(update), upsert: false }, lenient));
}

function diffed(document: Fields, diff: Document, lenient = false): string {
  return apply(raw(document), { $v: 2, diff }, lenient);
}

const shown = (document: Fields): string => showBson(raw(document));
const first = (fields: ReadonlyArray<readonly [string, unknown]>) => new Map(fields);

describe('diffs ($v: 2)', () => {
  test('fields are removed, replaced in place and appended', () => {
    const document: Fields = [
      ['_id', 1],
      ['b', 2],
      ['10', 3],
      ['a', 4],
    ];
    assert.equal(
      diffed(document, { d: { a: false }, u: { b: 'two' }, i: { z: 5, c: 6 } }),
      shown([
        ['_id', 1],
        ['b', 'two'],
        ['10', 3],
        ['z', 5],
        ['c', 6],
      ]),
    );
  });

  test('a field that is inserted although it is there moves to the end', () => {
    assert.equal(
      diffed({ _id: 1, a: 1, b: 2 }, { i: { a: 3 } }),
      shown([
        ['_id', 1],
        ['b', 2],
        ['a', 3],
      ]),
    );
  });

  test('inside of objects and arrays', () => {
    const document = { _id: 1, o: { p: { q: 1 } }, list: [1, { x: 1 }, [5, 6]] };
    const diff = {
      so: { sp: { u: { q: 2 }, i: { r: 3 } } },
      slist: { a: true, u0: 'one', s1: { u: { x: 2 } }, s2: { a: true, l: 1 } },
    };
    assert.equal(diffed(document, diff), shown({ _id: 1, o: { p: { q: 2, r: 3 } }, list: ['one', { x: 2 }, [5]] }));
  });

  test('an array is cut, and extended over its end', () => {
    assert.equal(diffed({ _id: 1, a: [1, 2, 3] }, { sa: { a: true, l: 2, u1: 9 } }), shown({ _id: 1, a: [1, 9] }));
    assert.equal(diffed({ _id: 1, a: [1] }, { sa: { a: true, u3: 9 } }), shown({ _id: 1, a: [1, null, null, 9] }));
    assert.equal(diffed({ _id: 1, a: [1] }, { sa: { a: true, l: 3 } }), shown({ _id: 1, a: [1, null, null] }));
    const many = Array.from({ length: 120 }, (_, n) => n);
    assert.equal(
      diffed({ _id: 1, a: many }, { sa: { a: true, u100: 'x' } }),
      shown({ _id: 1, a: many.with(100, 'x' as never) }),
    );
  });

  test('many fields at once', () => {
    const document = Object.fromEntries([['_id', 1], ...Array.from({ length: 40 }, (_, n) => [`f${n}`, n])]);
    const changes = Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`f${n}`, -n]));
    assert.equal(diffed(document, { u: changes }), shown({ ...document, ...changes }));
  });

  test('a binary keeps its bytes before the offset (buckets of MongoDB 8)', () => {
    const column = (bytes: number[]) => new BSON.Binary(Buffer.from(bytes), 7);
    const diff = { sdata: { b: { t: { o: 2, d: new BSON.Binary(Buffer.from([9, 8, 7])) } }, u: { x: column([1]) } } };
    assert.equal(
      diffed({ _id: 1, data: { t: column([1, 2, 3]), x: column([5]) } }, diff),
      shown({ _id: 1, data: { t: column([1, 2, 9, 8, 7]), x: column([1]) } }),
    );
    assert.throws(() => diffed({ _id: 1, data: { t: column([1]), x: column([5]) } }, diff), { code: 'STORE_CORRUPT' });
  });

  test('what does not fit: null, passed over or appended before the end of a scan, an error after it', () => {
    const cases: [Document, Document, Document][] = [
      [{ _id: 1, a: 5 }, { sa: { u: { x: 1 } } }, { _id: 1, a: null }],
      [{ _id: 1, a: [] }, { sa: { u: { x: 1 } } }, { _id: 1, a: null }],
      [{ _id: 1 }, { sa: { u: { x: 1 } } }, { _id: 1 }],
      [{ _id: 1, a: [1] }, { sa: { a: true, s0: { u: { x: 1 } } } }, { _id: 1, a: [null] }],
      [{ _id: 1, a: [] }, { sa: { a: true, s1: { u: { x: 1 } } } }, { _id: 1, a: [null, null] }],
    ];
    for (const [document, diff, expected] of cases) {
      assert.equal(diffed(document, diff, true), shown(expected));
      assert.throws(() => diffed(document, diff), { code: 'STORE_CORRUPT' });
    }
    assert.equal(diffed({ _id: 1, b: 1 }, { u: { a: 2 } }), shown({ _id: 1, b: 1, a: 2 }));
  });

  test('of fields with one name the first is changed; what does not fit is no error then', () => {
    const int = (value: number) => rawValue.int32(value);
    const inner = rawDocument(element('x', 0x10, int(1)));
    const id = element('_id', 0x10, int(1));
    const twice = rawDocument(id, element('a', 0x03, inner), element('a', 0x10, int(7)));
    const [one, seven] = ['{"$numberInt":"1"}', '{"$numberInt":"7"}'];
    const sub = { $v: 2, diff: { sa: { u: { x: 2 } } } };
    assert.equal(apply(twice, sub), `{_id: ${one}, a: {x: {"$numberInt":"2"}}, a: ${seven}}`);
    assert.equal(apply(twice, { $v: 2, diff: { d: { a: false } } }), `{_id: ${one}, a: ${seven}}`);
    assert.equal(apply(twice, { $v: 2, diff: { u: { a: 7 } } }), `{_id: ${one}, a: ${seven}, a: ${seven}}`);
    const turned = rawDocument(id, element('a', 0x10, int(7)), element('a', 0x03, inner));
    assert.equal(apply(turned, sub), `{_id: ${one}, a: null, a: {x: ${one}}}`);
  });
});

describe('modifiers ($v: 1)', () => {
  const set = (document: Fields, $set: Fields, $unset: Document = {}, lenient = false): string =>
    apply(
      raw(document),
      [
        ['$v', 1],
        ['$set', Array.isArray($set) ? first($set) : $set],
        ['$unset', $unset],
      ],
      lenient,
    );

  test('in place, appended by name, removed', () => {
    assert.equal(
      set({ _id: 1, b: 1, a: 2 }, { b: 'x', z: 1, c: 2 }, { a: 1, no: 1 }),
      shown({ _id: 1, b: 'x', c: 2, z: 1 }),
    );
  });

  test('paths are made, through arrays too, with nulls in between', () => {
    assert.equal(set({ _id: 1 }, { 'a.b.c': 1, 'a.b.d': 2 }), shown({ _id: 1, a: { b: { c: 1, d: 2 } } }));
    assert.equal(set({ _id: 1 }, { 'a.0.b': 1 }), shown({ _id: 1, a: { 0: { b: 1 } } }));
    assert.equal(set({ _id: 1, a: [1] }, { 'a.3': 4 }), shown({ _id: 1, a: [1, null, null, 4] }));
    assert.equal(set({ _id: 1, a: [] }, { 'a.1.b.c': 4 }), shown({ _id: 1, a: [null, { b: { c: 4 } }] }));
    assert.equal(set({ _id: 1, a: [{ b: 1 }] }, { 'a.0.b': 2, 'a.0.c': 3 }), shown({ _id: 1, a: [{ b: 2, c: 3 }] }));
  });

  test('removing an element of an array leaves null, and makes no path', () => {
    assert.equal(set({ _id: 1, a: [1, 2] }, {}, { 'a.0': 1, 'a.7': 1, 'x.y': 1 }), shown({ _id: 1, a: [null, 2] }));
  });

  test('a path through a number is passed over before the end of a scan, an error after it', () => {
    assert.equal(set({ _id: 1, o: 5, p: 1 }, { 'o.x': 1, p: 2 }, {}, true), shown({ _id: 1, o: 5, p: 2 }));
    assert.equal(set({ _id: 1, o: [5] }, { 'o.x': 1 }, {}, true), shown({ _id: 1, o: [5] }));
    assert.throws(() => set({ _id: 1, o: 5 }, { 'o.x': 1 }), { code: 'STORE_CORRUPT' });
    assert.throws(() => set({ _id: 1, o: [] }, { 'o.2000000': 1 }), { code: 'STORE_CORRUPT' });
  });

  test('without $v; of two fields with one name the first', () => {
    assert.equal(apply(raw({ _id: 1 }), { $set: { a: 1 } }), shown({ _id: 1, a: 1 }));
    const twice = rawDocument(...['_id', 'a', 'a'].map((name) => element(name, 0x10, rawValue.int32(1))));
    assert.equal(
      apply(twice, { $set: { a: 2 } }),
      '{_id: {"$numberInt":"1"}, a: {"$numberInt":"2"}, a: {"$numberInt":"1"}}',
    );
  });
});

describe('replacements, upserts, missing documents', () => {
  test('_id is kept when the replacement has none, and stands first', () => {
    assert.equal(apply(raw({ _id: 1, a: 1 }), { b: 2 }), shown({ _id: 1, b: 2 }));
    assert.equal(
      apply(raw({ _id: 1, a: 1 }), [
        ['b', 2],
        ['_id', 1],
      ]),
      shown({ _id: 1, b: 2 }),
    );
    assert.equal(apply(raw({ _id: 1, a: 1 }), {}), shown({ _id: 1 }));
  });

  test('a document that is not there', () => {
    assert.equal(apply(undefined, { $set: { a: 1 } }, true), 'nothing');
    assert.throws(() => apply(undefined, { $set: { a: 1 } }), { code: 'STORE_CORRUPT' });
    const upsert = (o: Document) => {
      const update = upsertBody(
        raw([
          ['zip', 5],
          ['_id', 7],
        ]),
        raw(o),
      );
      return showBson(applyUpdate(undefined, { update, upsert: true }, false));
    };
    assert.equal(
      upsert({ $set: { 10: 1, 2: 1 } }),
      shown([
        ['_id', 7],
        ['2', 1],
        ['10', 1],
      ]),
    );
    assert.equal(upsert({ $v: 2, diff: { u: { a: 1 } } }), shown({ _id: 7, a: 1 }));
    assert.equal(upsert({ b: 1 }), shown({ _id: 7, b: 1 }));
  });

  test('unknown kinds are named', () => {
    for (const update of [{ $v: 3 }, { $inc: { a: 1 } }, { $v: 'x' }, { $v: 2, diff: { q: {} } }]) {
      assert.throws(() => apply(raw({ _id: 1 }), update), { code: 'OPLOG_UNKNOWN' });
    }
  });
});

describe('odd documents', () => {
  test('every type stays bit for bit', () => {
    fc.assert(
      fc.property(fc.array(anyValues, { minLength: 1, maxLength: 6 }), anyValues, (values, changed) => {
        const fields = values.map(({ type, bytes }, at) => element(`f${at}`, type, bytes));
        const id = element('_id', 0x10, rawValue.int32(1));
        const document = rawDocument(id, ...fields);
        const one = element('f0', changed.type, changed.bytes);
        const expected = rawDocument(id, one, ...fields.slice(1));
        const diff = rawDocument(element('u', 0x03, rawDocument(one)));
        const delta = rawDocument(element('$v', 0x10, rawValue.int32(2)), element('diff', 0x03, diff));
        const modifiers = rawDocument(element('$set', 0x03, rawDocument(one)));
        for (const update of [delta, modifiers]) {
          assert.ok(applyUpdate(document, { update, upsert: false }, false)?.equals(expected));
        }
      }),
    );
  });

  test('a hundred levels deep, and no deeper than a server goes', () => {
    const nested = (depth: number, wrap: (inner: Document) => Document, leaf: Document): Document => {
      let made = leaf;
      for (let level = 0; level < depth; level++) made = wrap(made);
      return made;
    };
    const document = (leaf: number) => ({ _id: 1, ...nested(100, (n) => ({ n }), { x: leaf }) });
    const diff = nested(100, (sn) => ({ sn }), { u: { x: 2 } });
    assert.equal(diffed(document(1), diff), shown(document(2)));
    const path = `${'n.'.repeat(100)}x`;
    assert.equal(apply(raw(document(1)), { $set: { [path]: 2 } }), shown(document(2)));
    const tooDeep = nested(300, (sn) => ({ sn }), { u: { x: 2 } });
    assert.throws(() => diffed({ _id: 1, ...nested(300, (n) => ({ n }), {}) }, tooDeep), { code: 'FORMAT_INVALID' });
  });

  test('a document of 15 MB, and one that grows beyond 16 MB for a while', () => {
    const body = Buffer.alloc(15 * 1024 * 1024, 7);
    const document = raw({ _id: 1, body, n: 1 });
    const grown = applyUpdate(
      document,
      { update: raw({ $v: 2, diff: { u: { n: 2 }, i: { more: body } } }), upsert: false },
      false,
    );
    assert.equal(grown?.length, document.length + body.length + 11);
  });

  test('a hundred thousand fields at once take no time that grows with their square', () => {
    const names = Array.from({ length: 100_000 }, (_, at) => [`f${at}`, 0] as const);
    const document = raw([['_id', 1], ...names]);
    const changed = new Map(names.map(([name], at) => [name, at]));
    const expected = raw([['_id', 1], ...changed]);
    const began = process.cpuUsage();
    for (const update of [{ $set: changed }, { $v: 2, diff: { u: changed } }]) {
      assert.ok(applyUpdate(document, { update: raw(update), upsert: false }, false)?.equals(expected));
    }
    const { user } = process.cpuUsage(began);
    assert.ok(user < 10e6, `${user / 1e6} s`);
  });

  test('damaged bytes end in an error that names them, never in a loop or a crash', () => {
    const document = raw({ _id: 1, o: { p: 1 }, list: [1, { x: 1 }], s: 'text' });
    const update = raw({
      $v: 2,
      diff: { d: { s: false }, i: { z: 1 }, so: { u: { p: 2 } }, slist: { a: true, l: 3, s1: { u: { x: 2 } } } },
    });
    const modifiers = raw({ $v: 1, $set: { 'o.q': 1, 'list.4': 2 }, $unset: { s: 1 } });
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 0, max: 255 }), fc.nat({ max: 2 }), (place, byte, which) => {
        const parts = [document, update, modifiers].map((bytes) => Buffer.from(bytes));
        const [ours = document, delta = update, sets = modifiers] = parts;
        const damaged = parts[which] ?? document;
        damaged[place % damaged.length] = byte;
        for (const one of [delta, sets]) {
          try {
            applyUpdate(ours, { update: one, upsert: false }, true);
          } catch (thrown) {
            assert.ok(thrown instanceof AppError, String(thrown));
            assert.match(thrown.code, /^(FORMAT_INVALID|OPLOG_UNKNOWN)$/);
          }
        }
      }),
      { numRuns: 3000 },
    );
  });
});
