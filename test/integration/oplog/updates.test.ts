import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Collection, Document, MongoClient } from 'mongodb';
import { BSON, Decimal128, Double, Int32, Long, Timestamp } from 'mongodb';
import type { DocumentChange } from '../../../src/model/collection.ts';
import { OplogReader } from '../../../src/oplog/oplog-reader.ts';
import type { MongodVersion } from '../../support/mongod-binary.ts';
import { startReplicaSet } from '../../support/replica-set.ts';
import { insertRaw } from '../../support/wire-insert.ts';
import { RandomSource } from '../../support/workload/random-source.ts';
import { element, rawDocument, rawValue } from '../../unit/blocks/raw-bson.ts';
import { showBson } from '../../unit/oplog/show-bson.ts';
import { byKey, PlainFold, rawDocuments, rawOplog, readAll } from './oplog-source.ts';

const seed = Number(process.env['LEAFWARD_TEST_SEED'] ?? 20_261_121);
const versions: readonly MongodVersion[] = ['4.4', '5.0', '6.0'];
const documents = 60;
const rounds = Number(process.env['LEAFWARD_TEST_ROUNDS'] ?? 700);

for (const version of versions) {
  test(`updates applied to raw documents give the bytes that mongod ${version} has`, async (t) => {
    t.diagnostic(`seed ${seed}`);
    await using set = await startReplicaSet({ version });
    await using client = await set.connect();
    const random = new RandomSource(seed);
    const collection = client.db('test').collection<{ _id: number }>('updates');
    await collection.insertMany(Array.from({ length: documents }, (_, id) => ({ _id: id, ...randomFields(random) })));
    const refused = await runUpdates(collection, random, rounds);
    assert.ok(refused < rounds * 0.6, `${refused} of ${rounds} were refused`);

    await changeDuplicates(collection, (await set.primary()).port);

    const { changes, kinds, folded } = await fold(client);
    const real = byKey(await rawDocuments(client, 'test', 'updates'));
    assert.equal(folded.documents.size, real.size);
    for (const [key, document] of real) {
      const ours = folded.documents.get(key);
      assert.ok(ours?.equals(document), `${showBson(ours)}\nis not\n${showBson(document)}`);
    }
    // A base that is newer than the entries: whatever it holds already, it ends in the same bytes.
    for (let turn = 0; turn < 8; turn++) {
      const base = new PlainFold();
      for (const change of changes.slice(0, random.below(changes.length))) base.apply(change);
      const again = new PlainFold(base.documents, true);
      for (const change of changes) again.apply(change);
      for (const [key, document] of real) {
        const ours = again.documents.get(key);
        assert.ok(ours?.equals(document), `again: ${showBson(ours)}\nis not\n${showBson(document)}`);
      }
      assert.equal(again.documents.size, real.size);
    }
    t.diagnostic(`${refused} refused; ${JSON.stringify(kinds)}`);
  });
}

/** Names that occur twice: the primary changes the first of them. */
async function changeDuplicates(collection: Collection<{ _id: number }>, port: number): Promise<void> {
  const first = documents + 100;
  const updates: Document[] = [
    { $set: { 'a.x': 2 } },
    { $set: { 'a.y': 2 } },
    { $set: { a: 3 } },
    { $unset: { a: 1 } },
    { $rename: { b: 'c' } },
    { $inc: { 'a.x': 1 }, $set: { z: 1 } },
  ];
  const inner = rawDocument(element('x', 0x10, rawValue.int32(1)));
  const twice = (id: number) =>
    rawDocument(
      element('_id', 0x10, rawValue.int32(id)),
      element('a', 0x03, inner),
      element('b', 0x10, rawValue.int32(5)),
      element('a', 0x10, rawValue.int32(7)),
    );
  await insertRaw(
    port,
    collection.collectionName,
    updates.map((_, at) => twice(first + at)),
  );
  for (const [at, update] of updates.entries()) await collection.updateOne({ _id: first + at }, update);
}

interface Folded {
  readonly changes: readonly DocumentChange[];
  readonly kinds: Record<string, number>;
  readonly folded: PlainFold;
}

async function fold(client: MongoClient): Promise<Folded> {
  const entries = await rawOplog(client, { ns: 'test.updates' });
  const folded = new PlainFold();
  const kinds: Record<string, number> = {};
  const { changes } = readAll(new OplogReader(), entries);
  for (const change of changes) {
    folded.apply(change);
    const update = change.kind === 'update' ? BSON.deserialize(change.body, { promoteValues: true }) : {};
    const kind = `${change.kind} ${update['$v'] ?? ''}`;
    kinds[kind] = (kinds[kind] ?? 0) + 1;
  }
  return { changes, kinds, folded };
}

async function runUpdates(
  collection: Collection<{ _id: number }>,
  random: RandomSource,
  count: number,
): Promise<number> {
  let refused = 0;
  for (let round = 0; round < count; round++) {
    const filter = { _id: random.below(documents) };
    try {
      if (random.chance(0.03)) await collection.replaceOne(filter, randomFields(random), { upsert: true });
      else if (random.chance(0.01)) await collection.deleteOne(filter);
      else await collection.updateOne(filter, randomUpdate(random), { upsert: random.chance(0.1) });
    } catch (thrown) {
      if (!(thrown instanceof Error) || thrown.name !== 'MongoServerError') throw thrown;
      refused++;
    }
  }
  return refused;
}

const names = ['a', 'b', 'c', '10', '2', '0', 'é', 'list', 'deep'] as const;

function randomUpdate(random: RandomSource): Document | Document[] {
  if (random.chance(0.35)) return Array.from({ length: 1 + random.below(3) }, () => randomStage(random));
  const update: Document = {};
  for (let turn = 0; turn <= random.below(4); turn++) {
    const operator = random.pick([
      '$set',
      '$set',
      '$set',
      '$unset',
      '$inc',
      '$push',
      '$pull',
      '$addToSet',
      '$pop',
      '$rename',
    ]);
    const path = randomPath(random);
    (update[operator] ??= {})[path] = operand(random, operator);
  }
  return update;
}

function operand(random: RandomSource, operator: string): unknown {
  switch (operator) {
    case '$set':
      return randomValue(random, 0);
    case '$unset':
      return '';
    case '$inc':
      return random.pick([1, 2.5, Long.fromNumber(3)]);
    case '$push':
      return random.chance(0.5)
        ? randomValue(random, 1)
        : {
            $each: [randomValue(random, 1), random.below(9)],
            $position: random.below(4),
            ...(random.chance(0.5) && { $slice: random.below(7) - 3 }),
          };
    case '$pull':
      return random.pick([{ $lt: 5 }, random.below(9), null]);
    case '$pop':
      return random.pick([1, -1]);
    case '$rename':
      return randomPath(random);
    default:
      return randomValue(random, 1);
  }
}

function randomStage(random: RandomSource): Document {
  const name = random.pick(names);
  switch (random.below(6)) {
    case 0:
      return { $unset: [name, `${random.pick(names)}.${random.pick(names)}`] };
    case 1:
      return { $replaceWith: { $mergeObjects: ['$$ROOT', { [name]: { $literal: randomValue(random, 0) } }] } };
    case 2:
      return {
        $set: { list: { $concatArrays: [{ $cond: [{ $isArray: '$list' }, '$list', []] }, [random.below(9)]] } },
      };
    case 3:
      return { $set: { list: { $cond: [{ $isArray: '$list' }, { $slice: ['$list', -3] }, [1, 2]] } } };
    case 4:
      return { $replaceWith: { $mergeObjects: [{ [name]: random.below(5) }, '$$ROOT'] } };
    default:
      return { $set: { [`${name}.${random.pick(names)}`]: { $literal: randomValue(random, 1) } } };
  }
}

function randomPath(random: RandomSource): string {
  const parts = [random.pick(names)] as string[];
  while (random.chance(0.45) && parts.length < 4) parts.push(random.pick(names));
  return parts.join('.');
}

function randomFields(random: RandomSource): Document {
  const fields: Document = { list: [], deep: { a: { b: [{ c: 1 }, { c: 2 }] }, 10: [], 2: {} }, big: 'x'.repeat(150) };
  for (const name of names) if (random.chance(0.6)) fields[name] = randomValue(random, 0);
  return fields;
}

function randomValue(random: RandomSource, depth: number): unknown {
  switch (random.below(depth > 3 ? 6 : 10)) {
    case 0:
      return new Int32(random.below(10));
    case 1:
      return random.pick(['', 'text', 'é']);
    case 2:
      return new Double(random.below(4));
    case 3:
      return Decimal128.fromString(random.pick(['1.0', '1.00', 'NaN', '-0']));
    case 4:
      return random.pick([null, true, new Date(0), new Timestamp({ t: 7, i: 1 })]);
    case 5:
      return random.pick([/x/i, new BSON.Code('f'), new BSON.MinKey(), new BSON.Binary(Buffer.from('ab'), 0x80)]);
    case 6:
    case 7:
      return Array.from({ length: random.below(5) }, () => randomValue(random, depth + 1));
    default: {
      const value = new Map<string, unknown>();
      for (let turn = 0; turn < random.below(5); turn++) value.set(random.pick(names), randomValue(random, depth + 1));
      return value;
    }
  }
}
