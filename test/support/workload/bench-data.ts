import type { MongoClient } from 'mongodb';
import { RandomSource } from './random-source.ts';

/** Orders of about 1 KB, events of about 80 bytes, blobs of about 70 KB: at scale 1 642 MB in 2.4 million documents. */
export interface BenchCounts {
  readonly orders: number;
  readonly events: number;
  readonly blobs: number;
}

export function benchCounts(scale: number): BenchCounts {
  return {
    orders: Math.round(400_000 * scale),
    events: Math.round(2_000_000 * scale),
    blobs: Math.round(1100 * scale),
  };
}

const words =
  'lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor incididunt ut labore et dolore magna'.split(
    ' ',
  );
const batchDocuments = { orders: 2000, events: 10_000, blobs: 40 } as const;

/** Fills database `bench` with three collections and their indexes. */
export async function fillBenchData(client: MongoClient, counts: BenchCounts): Promise<void> {
  const random = new RandomSource(42);
  const database = client.db('bench');
  const makers = { orders: orderOf, events: eventOf, blobs: blobOf } as const;
  for (const name of ['orders', 'events', 'blobs'] as const) {
    const collection = database.collection(name);
    for (let from = 0; from < counts[name]; from += batchDocuments[name]) {
      const until = Math.min(counts[name], from + batchDocuments[name]);
      const batch = Array.from({ length: until - from }, (_, at) => makers[name](random, from + at));
      await collection.insertMany(batch as never[], { ordered: false, writeConcern: { w: 1, j: false } });
    }
  }
  await database.collection('orders').createIndexes([{ key: { status: 1, at: -1 } }, { key: { customer: 1 } }]);
  await database.collection('events').createIndex({ t: 1 });
}

function orderOf(random: RandomSource, at: number): object {
  return {
    _id: at,
    customer: random.below(50_000),
    status: random.pick(['new', 'paid', 'packed', 'sent', 'returned']),
    at: new Date(1_700_000_000_000 + at * 900),
    total: random.below(1_000_000) / 100,
    address: { street: text(random, 3), city: random.pick(words), zip: String(10_000 + random.below(90_000)) },
    items: Array.from({ length: 1 + random.below(6) }, () => ({
      sku: `SKU-${random.below(20_000)}`,
      count: 1 + random.below(5),
      price: random.below(10_000) / 100,
      title: text(random, 4),
    })),
    note: text(random, 75 + random.below(50)),
  };
}

function eventOf(random: RandomSource, at: number): object {
  return {
    _id: at,
    t: 1_700_000_000 + Math.floor(at / 3),
    k: random.pick(['view', 'click', 'buy']),
    v: random.below(1_000_000),
    u: random.below(50_000),
  };
}

function blobOf(random: RandomSource, at: number): object {
  const bytes = Buffer.alloc(70_000);
  for (let offset = 0; offset < bytes.length; offset += 4)
    bytes.writeUInt32LE(offset % 8 === 0 ? 0 : random.below(2 ** 32), offset);
  return { _id: at, name: `blob ${at}`, bytes };
}

function text(random: RandomSource, count: number): string {
  return Array.from({ length: count }, () => random.pick(words)).join(' ');
}
