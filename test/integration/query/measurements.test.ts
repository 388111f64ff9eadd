import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Binary, BSON, type Db, Decimal128, Double, Int32, Long, MaxKey, MinKey, ObjectId, Timestamp } from 'mongodb';
import { elementType } from '../../../src/model/bson-walk.ts';
import { documentValue, memberOf } from '../../../src/query/raw-value.ts';
import { measurementsOf } from '../../../src/query/series/measurements.ts';
import { startMongod } from '../../support/mongod.ts';
import { fc } from '../../support/properties.ts';

const fields = { timeField: 't', metaField: 'm' };
const begin = Date.UTC(2026, 10, 22);

type Doc = Record<string, unknown>;

/** Streams that a column takes in different ways: like numbers, texts, sparse ones, objects that change their shape. */
const stream = fc.oneof(
  fc.record({ base: fc.integer(), step: fc.integer({ min: -50, max: 50 }) }).map(
    ({ base, step }) =>
      (n: number) =>
        new Int32((base + step * n) | 0),
  ),
  fc
    .bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
    .map((base) => (n: number) => Long.fromBigInt(BigInt.asIntN(64, base * BigInt(n * n + 1)))),
  fc
    .constantFrom(1, 10, 100, 10_000, 100_000_000, 3, Number.NaN, 1e300)
    .map((scale) => (n: number) => new Double(((n * 7919) % 1000) / scale)),
  fc.double().map((base) => (n: number) => new Double(n % 5 === 0 ? base : n / 3)),
  fc
    .array(fc.string({ maxLength: 20, unit: 'grapheme' }), { minLength: 1, maxLength: 6 })
    .map((texts) => (n: number) => texts[n % texts.length]),
  fc
    .integer({ min: 0, max: 20 })
    .map((size) => (n: number) => new Binary(Buffer.alloc(size, n % 251), n % 7 === 0 ? 4 : 0)),
  fc
    .constantFrom('0', '1.5', '-3E+10', 'NaN', 'Infinity')
    .map((text) => (n: number) => Decimal128.fromString(n % 3 === 0 ? text : `${n}.25`)),
  fc.integer({ min: 0, max: 2 ** 31 }).map((second) => (n: number) => new Timestamp({ t: second + n, i: n % 4 })),
  fc.integer({ min: 0, max: 4_000_000 }).map((step) => (n: number) => new Date(begin + step * n + (n % 3))),
  fc.constant((n: number) => ObjectId.createFromTime(1_700_000_000 + n)),
  fc.constant((n: number) => new ObjectId(Buffer.alloc(12, n % 200))),
  fc.constant((n: number) => n % 4 < 2),
  fc.constant((n: number) => (n % 40 < 30 ? null : undefined)),
  fc.constant((n: number) => (n % 11 === 0 ? new MinKey() : n % 13 === 0 ? new MaxKey() : /a+/i)),
  fc.constant((n: number) => ({ a: n, b: { c: `x${n % 3}`, ...(n % 5 === 0 ? {} : { d: [n, { e: n % 2 }] }) } })),
  fc.constant((n: number) => (n % 50 < 25 ? { x: {}, y: n } : { y: n, z: 1.5 })),
  fc.constant((n: number) => [n, n + 1, 'q']),
  fc.constant((n: number) => (n % 100 < 60 ? n : `word ${n}`)),
  fc.constant(() => 'the same'),
);
/** A field that is there in some rows alone. */
const field = fc.tuple(stream, fc.constantFrom(1, 1, 2, 3, 17));
const shape = fc.record({
  fields: fc.array(field, { minLength: 0, maxLength: 5 }),
  rows: fc.constantFrom(1, 5, 130, 130, 1100),
  stepMs: fc.constantFrom(0, 1, 1000, 77_777),
});
const full = { fields: [], rows: 1100, stepMs: 1000 };
type Shape = typeof shape extends fc.Arbitrary<infer T> ? T : never;

/** Of each shape a series of measurements with a meta, and so with buckets, of its own. */
function documentsOf({ fields: streams, rows, stepMs }: Shape, m: unknown): Doc[] {
  return Array.from({ length: rows }, (_, n) => {
    const document: Doc = { t: new Date(begin + n * stepMs), ...(m === undefined ? {} : { m }) };
    for (const [index, [make, every]] of streams.entries()) {
      const value = n % every === 0 ? make(n) : undefined;
      if (value !== undefined) document[`f${index}`] = value;
    }
    return document;
  });
}

async function rawOf(database: Db, name: string): Promise<Buffer[]> {
  const found: Buffer[] = [];
  for await (const one of database.collection(name).find({}, { raw: true }))
    found.push(Buffer.from(one as unknown as Buffer));
  return found;
}

/** Versions of `control` that were met. */
async function compare(database: Db, name: string, documents: readonly Doc[]): Promise<Set<number>> {
  await database.createCollection(name, { timeseries: { timeField: 't', metaField: 'm' } });
  await database.collection(name).insertMany([...documents], { ordered: false });
  const buckets = await rawOf(database, `system.buckets.${name}`);
  const unpacked = buckets.flatMap((bucket) => [...measurementsOf(bucket, fields)]);
  const expected = await rawOf(database, name);
  assert.equal(unpacked.length, expected.length);
  for (const [index, document] of expected.entries()) {
    if (!unpacked[index]?.equals(document)) {
      assert.deepEqual(BSON.deserialize(unpacked[index] ?? Buffer.alloc(0)), BSON.deserialize(document));
      assert.equal(unpacked[index]?.toString('hex'), document.toString('hex'));
    }
  }
  await database.collection(name).drop();
  return new Set(buckets.map(versionOf));
}

function versionOf(bucket: Buffer): number {
  const control = memberOf(documentValue(bucket), 'control');
  const version = control === undefined ? undefined : memberOf(control, 'version');
  assert.equal(version?.type, elementType.int32);
  return version.bytes.readInt32LE(version.start);
}

for (const [version, controls] of [
  ['5.0', [1]],
  ['6.0', [1, 2]],
] as const) {
  test(`buckets of ${version} are unpacked into the very bytes that its mongod answers`, async () => {
    await using mongod = await startMongod({ version });
    await using client = await mongod.connect();
    const met = new Set<number>();
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(shape, { minLength: 12, maxLength: 12 }), async (shapes) => {
        const metas = [undefined, null, 'text', [1, 2]];
        const documents = shapes.flatMap((one, index) => documentsOf(one, metas[index] ?? { k: index, z: 'é' }));
        for (const one of await compare(client.db('series'), `s${runs++}`, documents)) met.add(one);
      }),
      { numRuns: Number(process.env['LEAFWARD_SERIES_RUNS'] ?? 2), examples: [[Array(2).fill(full)]] },
    );
    assert.deepEqual(
      [...met].toSorted((a, b) => a - b),
      controls,
    );
  });
}
