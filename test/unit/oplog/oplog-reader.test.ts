import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Long } from 'bson';
import { OplogReader } from '../../../src/oplog/oplog-reader.ts';
import { AppError } from '../../../src/runtime/errors.ts';
import { fc } from '../../support/properties.ts';
import {
  command,
  Emitted,
  entry,
  insert,
  inTransaction,
  ordersUuid,
  otherSession,
  remove,
  session,
  timestamp,
  ts,
  update,
} from './entries.ts';

function read(entries: readonly Buffer[], reader = new OplogReader(), lenient = false): string[] {
  const emitted = new Emitted();
  for (const one of entries) reader.push(one, emitted, lenient);
  return emitted.lines;
}

describe('entries of their own', () => {
  test('inserts, updates, replacements and deletes', () => {
    const lines = read([
      entry(1, insert(1, { a: 1 })),
      entry(2, update(1, { $v: 2, diff: { u: { a: 2 } } })),
      entry(3, update(1, { $v: 1, $set: { a: 3 } })),
      entry(4, update(1, { $set: { a: 4 } })),
      entry(5, update(1, { _id: 1, a: 5 })),
      entry(6, update(1, { a: 6, _id: Long.fromNumber(1) })),
      entry(7, remove(1)),
    ]);
    assert.deepEqual(lines, [
      'put @1.0 {"_id":1,"a":1}',
      'update @2.0 {"$v":2,"diff":{"u":{"a":2}}}',
      'update @3.0 {"$v":1,"$set":{"a":3}}',
      'update @4.0 {"$set":{"a":4}}',
      'put @5.0 {"_id":1,"a":5}',
      'put @6.0 {"_id":1,"a":6}',
      'delete @7.0',
    ]);
  });

  test('the key is that of _id, also after a shard key', () => {
    const keys: string[] = [];
    const emit = { change: ({ key }: { key: Buffer }) => keys.push(key.toString('hex')), catalog() {}, nothing() {} };
    const reader = new OplogReader();
    reader.push(entry(1, insert('x')), emit);
    reader.push(entry(2, { ...update(0, { $v: 2, diff: { u: { a: 2 } } }), o2: { zip: 5, _id: 'x' } }), emit);
    reader.push(entry(3, { ...remove(0), o: { zip: 5, _id: 'x' } }), emit);
    assert.equal(new Set(keys).size, 1);
    assert.equal(keys.length, 3);
  });

  test('no-ops and what is never kept say only how far the oplog is', () => {
    const lines = read([
      entry(1, { op: 'n', ns: '', o: { msg: 'periodic noop' } }),
      entry(2, { ...insert(1), ns: 'config.transactions' }),
      entry(3, { ...insert(1), ns: 'config.cache.chunks.shop.orders' }),
      entry(4, { ...insert(1), ns: 'shop.system.resharding.1' }),
      entry(5, command({ dbCheck: 'orders', type: 'batch' }, { ns: 'shop.$cmd' })),
      entry(6, { ...insert(1), ns: 'shop.my.system.profile' }),
    ]);
    assert.deepEqual(
      lines.slice(0, 5),
      [1, 2, 3, 4, 5].map((at) => `nothing @${at}`),
    );
    assert.equal(lines[5], 'put @6.0 {"_id":1}');
  });

  test('retryable writes point to each other and are no transaction', () => {
    const lines = read([
      entry(1, { ...insert(1), ...inTransaction(7, null), stmtId: 0 }),
      entry(2, { ...insert(2), ...inTransaction(7, 1), stmtId: 1 }),
    ]);
    assert.deepEqual(lines, ['put @1.0 {"_id":1}', 'put @2.0 {"_id":2}']);
  });

  test('commands go to the catalog; documents of system.views go there too', () => {
    const lines = read([
      entry(1, command({ create: 'orders' }, { ns: 'shop.$cmd', ui: ordersUuid })),
      entry(2, { ...insert('shop.v', { viewOn: 'orders' }), ns: 'shop.system.views' }),
      entry(3, { ...remove('shop.v'), ns: 'shop.system.views' }),
    ]);
    assert.deepEqual(lines, [
      'catalog create in shop @1.0',
      'catalog system.views in shop @2.0',
      'put @2.0 {"_id":"shop.v","viewOn":"orders"}',
      'catalog system.views in shop @3.0',
      'delete @3.0',
    ]);
  });
});

describe('transactions', () => {
  test('one entry is emitted at its place, with the collection that it creates', () => {
    const create = command({ create: 'orders' }, { ns: 'shop.$cmd', ui: ordersUuid });
    const lines = read([entry(1, command({ applyOps: [create, insert(1), insert(2)] }, inTransaction(1, null)))]);
    assert.deepEqual(lines, ['catalog create in shop @1.0', 'put @1.1 {"_id":1}', 'put @1.2 {"_id":2}']);
  });

  test('several entries become visible with the last one', () => {
    const lines = read([
      entry(1, command({ applyOps: [insert(1)], partialTxn: true }, inTransaction(1, null))),
      entry(2, command({ applyOps: [insert(2)], partialTxn: true }, inTransaction(1, 1))),
      entry(3, insert(9)),
      entry(4, command({ applyOps: [insert(3)], count: Long.fromNumber(3) }, inTransaction(1, 2))),
    ]);
    assert.deepEqual(lines, [
      'nothing @1',
      'nothing @2',
      'put @3.0 {"_id":9}',
      'put @4.0 {"_id":1}',
      'put @4.1 {"_id":2}',
      'put @4.2 {"_id":3}',
    ]);
  });

  test('a prepared one becomes visible at its commit timestamp', () => {
    const reader = new OplogReader();
    const before = [
      entry(1, command({ applyOps: [insert(1)], partialTxn: true }, inTransaction(1, null))),
      entry(2, command({ applyOps: [insert(2)], prepare: true }, inTransaction(1, 1))),
    ];
    assert.deepEqual(read(before, reader), ['nothing @1', 'nothing @2']);
    assert.deepEqual(reader.unresolved(), [ts(2)]);
    const commit = { commitTransaction: 1, commitTimestamp: timestamp(3) };
    const lines = read([entry(8, insert(5)), entry(9, command(commit, inTransaction(1, 2)))], reader);
    assert.deepEqual(lines, ['put @8.0 {"_id":5}', 'put @3.0 {"_id":1}', 'put @3.1 {"_id":2}']);
    assert.deepEqual(reader.unresolved(), []);
  });

  test('an aborted one leaves nothing', () => {
    const reader = new OplogReader();
    const lines = read(
      [
        entry(1, command({ applyOps: [insert(1)], prepare: true }, inTransaction(1, null))),
        entry(2, command({ abortTransaction: 1 }, inTransaction(1, 1))),
      ],
      reader,
    );
    assert.deepEqual(lines, ['nothing @1', 'nothing @2']);
    assert.deepEqual(reader.unresolved(), []);
  });

  test('several open ones are told apart, and what they hold is a copy', () => {
    const [one, other] = [otherSession(), otherSession()];
    const reader = new OplogReader();
    const begun = [
      entry(1, command({ applyOps: [insert(1)], partialTxn: true }, inTransaction(1, null, one))),
      entry(2, command({ applyOps: [insert(2)], prepare: true }, inTransaction(5, null, other))),
      entry(3, command({ applyOps: [insert(3)], partialTxn: true }, inTransaction(1, 1, one))),
    ];
    read(begun, reader);
    for (const bytes of begun) bytes.fill(0);
    assert.deepEqual(reader.unresolved(), [ts(2)]);
    const commit = { commitTransaction: 1, commitTimestamp: timestamp(2) };
    const lines = read(
      [
        entry(4, command(commit, inTransaction(5, 2, other))),
        entry(5, command({ applyOps: [insert(4)] }, inTransaction(1, 3, one))),
      ],
      reader,
    );
    assert.deepEqual(lines, ['put @2.0 {"_id":2}', 'put @5.0 {"_id":1}', 'put @5.1 {"_id":3}', 'put @5.2 {"_id":4}']);
    assert.equal(reader.isIdle, true);
  });

  test('a large one is emitted in parts, with the same changes in the same places', () => {
    const entries = [
      entry(1, command({ applyOps: [insert(1), insert(2)], partialTxn: true }, inTransaction(1, null))),
      entry(2, command({ applyOps: [remove(1)], partialTxn: true }, inTransaction(1, 1))),
      entry(3, command({ applyOps: [insert(3)] }, inTransaction(1, 2))),
    ];
    const [first, second, last] = entries;
    if (first === undefined || second === undefined || last === undefined) throw new Error('three entries');
    const held: { released: number; bytes: number } = { released: 0, bytes: 0 };
    const hold = (operations: Buffer) => {
      const copy = Buffer.from(operations);
      held.bytes += copy.length;
      return { length: copy.length, read: () => copy, release: () => void held.released++ };
    };
    const reader = new OplogReader({ drainAbove: 100, hold });
    const emitted = new Emitted();
    reader.push(first, emitted);
    reader.push(second, emitted);
    assert.deepEqual([reader.heldBytes, held.released], [held.bytes, 0]);
    reader.push(last, emitted);
    assert.deepEqual([emitted.lines, reader.isDraining, reader.heldBytes], [['nothing @1', 'nothing @2'], true, 0]);
    let parts = 0;
    for (; reader.isDraining; parts++) reader.drain(emitted);
    assert.deepEqual([parts, held.released], [3, 2]);
    assert.deepEqual(emitted.lines, read(entries));
  });

  test('an election ends those that are not prepared', () => {
    const reader = new OplogReader();
    read([entry(1, command({ applyOps: [insert(1)], partialTxn: true }, inTransaction(1, null)))], reader);
    assert.equal(reader.isIdle, false);
    read([entry(2, { op: 'n', ns: '', o: { msg: 'new primary' }, t: Long.fromNumber(2) })], reader);
    assert.equal(reader.isIdle, true);
  });

  test('a chain of writes outside of a session is linked by its places', () => {
    const linked = (previous: number | null) => ({ prevOpTime: inTransaction(1, previous)['prevOpTime'] });
    const lines = read([
      entry(1, command({ applyOps: [remove(1)], partialTxn: true }, linked(null))),
      entry(2, command({ applyOps: [remove(2)], partialTxn: true }, linked(1))),
      entry(3, command({ applyOps: [remove(3)], count: 3 }, linked(2))),
    ]);
    assert.deepEqual(lines, ['nothing @1', 'nothing @2', 'delete @3.0', 'delete @3.1', 'delete @3.2']);
  });

  test('vectored inserts (multiOpType 1) each stand alone', () => {
    const fields = { ...inTransaction(4, null), multiOpType: 1 };
    const next = { ...inTransaction(4, 1), multiOpType: 1 };
    const lines = read([
      entry(1, command({ applyOps: [insert(1)] }, fields)),
      entry(2, command({ applyOps: [insert(2)] }, next)),
    ]);
    assert.deepEqual(lines, ['put @1.0 {"_id":1}', 'put @2.0 {"_id":2}']);
  });

  test("updates of a user's applyOps insert unless it says otherwise; those of a transaction never do", () => {
    const o = { $v: 2, diff: { u: { a: 2 } } };
    const both = '{"o2":{"_id":1},"o":{"$v":2,"diff":{"u":{"a":2}}}}';
    assert.deepEqual(
      read([
        entry(1, command({ applyOps: [update(1, o)], lsid: session, $db: 'shop' })),
        entry(2, command({ applyOps: [update(1, o)], alwaysUpsert: false })),
        entry(3, command({ applyOps: [{ ...update(1, o), b: true }], alwaysUpsert: false })),
        entry(4, command({ applyOps: [update(1, o)] }, inTransaction(1, null))),
      ]),
      [
        `update upsert @1.0 ${both}`,
        'update @2.0 {"$v":2,"diff":{"u":{"a":2}}}',
        `update upsert @3.0 ${both}`,
        'update @4.0 {"$v":2,"diff":{"u":{"a":2}}}',
      ],
    );
  });

  test('one whose beginning was not captured is passed over before the end of the scan, and refused after it', () => {
    const rest = [
      entry(5, command({ applyOps: [insert(2)], partialTxn: true }, inTransaction(1, 4))),
      entry(6, command({ applyOps: [insert(3)] }, inTransaction(1, 5))),
      entry(7, command({ commitTransaction: 1, commitTimestamp: timestamp(2) }, inTransaction(3, 2, otherSession()))),
    ];
    assert.deepEqual(read(rest, new OplogReader(), true), ['nothing @5', 'nothing @6', 'nothing @7']);
    for (const one of [rest[0], rest[2]]) {
      assert.throws(() => read([one ?? Buffer.alloc(0)]), { code: 'OPLOG_UNKNOWN' });
    }
  });

  test('what is held is bounded', () => {
    const large = insert(1, { text: 'x'.repeat(1000) });
    const reader = new OplogReader({ maxHeldBytes: 2500 });
    const part = (at: number) =>
      entry(at, command({ applyOps: [large], partialTxn: true }, inTransaction(1, at === 1 ? null : at - 1)));
    read([part(1), part(2)], reader);
    assert.throws(() => read([part(3)], reader), { code: 'TRANSACTIONS_TOO_LARGE' });
  });
});

describe('what is unknown stops, and says what and where', () => {
  const diff = (inner: object) => ({ $v: 2, diff: inner });
  const cases: Record<string, [object, string]> = {
    'a kind of entry': [{ ...insert(1), op: 'xi' }, 'xi'],
    'a command': [command({ importCollection: 'orders' }, { ns: 'shop.$cmd' }), 'c'],
    'a multiOpType': [command({ applyOps: [insert(1)] }, { ...inTransaction(1, null), multiOpType: 2 }), 'c'],
    'a version of updates': [update(1, { $v: 3, diff: {} }), 'u'],
    'a modifier': [update(1, { $inc: { a: 1 } }), 'u'],
    'a section of a diff': [update(1, diff({ z: { a: 1 } })), 'u'],
    'a section of an inner diff': [update(1, diff({ sa: { sb: { q: {} } } })), 'u'],
    'a field of an array diff': [update(1, diff({ sa: { a: true, x1: 5 } })), 'u'],
    'an operation of a transaction': [
      command({ applyOps: [{ ...insert(1), op: 'zz' }] }, inTransaction(1, null)),
      'zz',
    ],
    'a change without the UUID of its collection': [{ op: 'i', ns: 'shop.orders', o: { _id: 1 } }, 'i'],
  };
  for (const [what, [fields, op]] of Object.entries(cases)) {
    test(what, () => {
      assert.throws(
        () => read([entry(77, fields)]),
        (thrown: { code?: string; message?: string; details?: Record<string, unknown> }) => {
          assert.equal(thrown.code, 'OPLOG_UNKNOWN');
          assert.equal(thrown.details?.['op'], op);
          assert.equal(thrown.details?.['optime'], '100:77');
          assert.match(String(thrown.details?.['namespace']), /^(shop|admin)\./);
          assert.match(String(thrown.message), /^oplog entry 100:77: op "/);
          return true;
        },
      );
    });
  }

  test('damaged entries end in an error of their own, never in a loop or a crash', () => {
    const good = [
      entry(1, { ...insert(1, { a: 'text' }), ...inTransaction(1, null) }),
      entry(2, update({ a: 1 }, { $v: 2, diff: { sa: { u: { b: [1] } } } })),
      entry(3, command({ applyOps: [insert(1), remove(2)], prepare: true }, inTransaction(1, null))),
      entry(4, command({ create: 'orders', idIndex: { v: 2 } }, { ns: 'shop.$cmd', ui: ordersUuid })),
    ];
    fc.assert(
      fc.property(fc.nat({ max: 3 }), fc.nat(), fc.integer({ min: 0, max: 255 }), (which, place, byte) => {
        const damaged = Buffer.from(good[which] ?? Buffer.alloc(0));
        damaged[place % damaged.length] = byte;
        try {
          new OplogReader().push(damaged, { change() {}, catalog() {}, nothing() {} });
        } catch (thrown) {
          assert.ok(thrown instanceof AppError, String(thrown));
          assert.match(thrown.code, /^(FORMAT_INVALID|OPLOG_UNKNOWN)$/);
        }
      }),
      { numRuns: 3000 },
    );
  });

  test('damaged bytes are refused', () => {
    const good = entry(1, insert(1, { a: 'text' }));
    assert.throws(() => read([good.subarray(0, 30)]), { code: 'FORMAT_INVALID' });
    assert.throws(() => read([Buffer.concat([good, Buffer.alloc(1)])]), { code: 'FORMAT_INVALID' });
  });
});
