import { BSON, Long, Timestamp, UUID } from 'mongodb';
import { applyUpdate } from '../../src/oplog/apply-update.ts';
import { OplogReader } from '../../src/oplog/oplog-reader.ts';
import { quantile } from './report-figure.ts';

/** One core: entries of the oplog read as changes, and updates applied to a document of 1 KB. Each round is the same entries. */
const rounds = 12;
const count = 60_000;
const ui = new UUID();
const lsid = { id: new UUID(), uid: new BSON.Binary(Buffer.alloc(32)) };

function entryOf(at: number): Buffer {
  const common = {
    lsid,
    txnNumber: Long.fromNumber(at),
    ns: 'shop.orders',
    ui,
    ts: new Timestamp({ t: 1_763_719_200, i: at }),
    t: Long.fromNumber(3),
    v: Long.fromNumber(2),
    wall: new Date(1_763_719_200_000),
    stmtId: 0,
    prevOpTime: { ts: new Timestamp({ t: 0, i: 0 }), t: Long.fromNumber(-1) },
  };
  const _id = new BSON.ObjectId(at.toString(16).padStart(24, '0'));
  const order = { _id, status: 'new', total: 12.5, items: [{ sku: 's1', n: 1 }], note: 'x'.repeat(200) };
  const diff = { u: { status: 'paid' }, i: { paidAt: new Date(0) }, sitems: { a: true, s0: { u: { n: 2 } } } };
  if (at % 3 === 0) return Buffer.from(BSON.serialize({ op: 'i', o: order, o2: { _id }, ...common }));
  if (at % 3 === 1) return Buffer.from(BSON.serialize({ op: 'u', o: { $v: 2, diff }, o2: { _id }, ...common }));
  return Buffer.from(BSON.serialize({ op: 'd', o: { _id }, ...common }));
}

const entries = Array.from({ length: count }, (_, at) => entryOf(at));
const rates: number[] = [];
for (let round = 0; round < rounds; round++) {
  const reader = new OplogReader();
  let changes = 0;
  const emit = { change: () => void changes++, catalog: () => {}, nothing: () => {} };
  const began = process.cpuUsage();
  for (const entry of entries) reader.push(entry, emit);
  rates.push(perSecond(began));
  if (changes !== count) throw new Error(`${changes} of ${count} changes`);
}
figure(
  'oplog entries read as changes, one core',
  quantile(rates.slice(2), 0.5),
  200_000,
  'a third each of inserts (300 B), diffs and deletes, of retryable writes; median round, by processor time of all threads',
);

const items = Array.from({ length: 20 }, (_, n) => ({ sku: `s${n}`, n, text: 'x'.repeat(20) }));
const document = Buffer.from(BSON.serialize({ _id: 1, status: 'new', items, note: 'x'.repeat(200) }));
const diff = { u: { status: 'paid' }, i: { paidAt: new Date(0) }, sitems: { a: true, s7: { u: { n: 2 } } } };
const update = { update: Buffer.from(BSON.serialize({ $v: 2, diff })), upsert: false };
const applied: number[] = [];
for (let round = 0; round < rounds; round++) {
  const began = process.cpuUsage();
  for (let turn = 0; turn < count; turn++) applyUpdate(document, update, false);
  applied.push(perSecond(began));
}
figure(
  'updates applied to a document, one core',
  quantile(applied.slice(2), 0.5),
  100_000,
  `a diff of three fields, one of them inside of an array of 20 objects; the document has ${document.length} bytes`,
);

/** By the processor time of all threads (garbage collection too), because other work may take part of the machine. */
function perSecond(began: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(began);
  return count / ((user + system) / 1e6);
}

function figure(name: string, value: number, goal: number, note: string): void {
  console.log(JSON.stringify({ name, value, unit: '/s', goal, note }));
}
