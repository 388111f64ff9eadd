import { Decimal128, type Document, Long, MongoServerError, ObjectId, Timestamp } from 'mongodb';
import type { RandomSource } from './random-source.ts';
import type { Workload } from './workload.ts';

/** Collections that documents are changed in; which of them exist, and as what, changes under way. */
export const plainNames = ['orders', 'events', 'carts', 'people', 'tmp'] as const;

/**
 * Runs it. A server refuses much of what is random (duplicate keys, a collection that has just gone): that is no failure, since the
 * oplog tells what was done. What breaks otherwise (network, driver) is one.
 */
export async function tolerate(run: () => Promise<unknown>): Promise<void> {
  try {
    await run();
  } catch (thrown) {
    if (!(thrown instanceof MongoServerError) || thrown.hasErrorLabel('NetworkError')) throw thrown;
  }
}

/** One change of documents of a random kind. */
export async function changeDocuments({ client, random, databases }: Workload): Promise<void> {
  const collection = client.db(random.pick(databases)).collection<{ _id: never }>(random.pick(plainNames));
  const id = { _id: randomId(random) as never };
  await tolerate(async () => {
    switch (random.below(12)) {
      case 0:
        return collection.insertMany(
          Array.from({ length: 1 + random.below(30) }, () => randomDocument(random)) as never[],
          { ordered: false },
        );
      case 1:
        return collection.replaceOne(id, randomFields(random) as never, { upsert: true });
      case 2:
        return collection.deleteMany({ n: random.below(40) } as never);
      case 3:
        return collection.deleteOne(id);
      case 4:
        return collection.updateMany({ n: { $lt: random.below(12) } } as never, randomModifiers(random) as never);
      case 5:
        return collection.findOneAndUpdate(id, { $inc: { n: 1 }, $set: { 'sub.x': random.below(9) } } as never, {
          upsert: true,
        });
      case 6:
        return collection.updateOne({ n: random.below(40) } as never, [
          {
            $set: {
              list: { $concatArrays: [{ $cond: [{ $isArray: '$list' }, '$list', []] }, [random.below(5)]] },
              'sub.y': '$n',
            },
          },
          { $unset: ['note'] },
        ]);
      default:
        return collection.updateOne({ $or: [id, { n: random.below(40) }] } as never, randomModifiers(random) as never, {
          upsert: random.chance(0.1),
        });
    }
  });
}

function randomModifiers(random: RandomSource): Document {
  switch (random.below(9)) {
    case 0:
      return { $set: { n: random.below(40), [`f${random.below(12)}`]: randomValue(random) } };
    case 1:
      return { $unset: { [`f${random.below(12)}`]: '' }, $inc: { n: 1 } };
    case 2:
      return { $push: { list: { $each: [randomValue(random), random.below(9)], $position: random.below(3) } } };
    case 3:
      return { $set: { [`list.${random.below(6)}`]: random.below(100) } };
    case 4:
      return {
        $set: { [`sub.${random.pick(['x', 'y', '0', '10'])}.${random.pick(['a', 'b'])}`]: randomValue(random) },
      };
    case 5:
      return { $pull: { list: { $lt: random.below(9) } } };
    case 6:
      return { $rename: { f1: 'f2' } };
    case 7:
      return { $set: { big: 'y'.repeat(random.below(4000)) }, $currentDate: { at: true } };
    default:
      return { $inc: { n: 1, 'sub.count': 1 }, $set: { 'items.0.n': random.below(10), 10: 'ten', 2: 'two' } };
  }
}

export function randomDocument(random: RandomSource): Document {
  return { _id: randomId(random), ...randomFields(random) };
}

function randomFields(random: RandomSource): Document {
  return {
    n: random.below(40),
    b: randomValue(random),
    a: randomValue(random),
    sub: { x: random.below(5), deep: { er: [1, { two: randomValue(random) }] } },
    list: Array.from({ length: random.below(6) }, () => random.below(20)),
    note: 'z'.repeat(random.below(200)),
  };
}

function randomId(random: RandomSource): unknown {
  const number = random.below(300);
  switch (random.below(9)) {
    case 0:
      return `id-${number}`;
    case 1:
      return Long.fromNumber(number);
    case 2:
      return { a: number % 20, b: 'k' };
    case 3:
      return Decimal128.fromString(`${number}.0`);
    case 4:
      return new Date(number * 1000);
    case 5:
      return new ObjectId(number.toString(16).padStart(24, '0'));
    default:
      return number;
  }
}

function randomValue(random: RandomSource): unknown {
  switch (random.below(8)) {
    case 0:
      return random.below(1000);
    case 1:
      return `text ${random.below(1000)}`;
    case 2:
      return null;
    case 3:
      return { k: random.below(3), v: [random.below(3), { w: 1 }] };
    case 4:
      return [random.below(3), 'two', { three: random.below(4) }];
    case 5:
      return Decimal128.fromString(random.pick(['NaN', '1.10', '-0.00', '1E+3']));
    case 6:
      return new Timestamp({ t: random.below(100), i: random.below(3) });
    default:
      return random.next() * 1e6;
  }
}
