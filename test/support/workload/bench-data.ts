import type { MongoClient } from 'mongodb';
import { BenchDocuments } from './bench-documents.ts';

/** Orders of about 1 KB, events of about 80 bytes, blobs of about 70 KB: at scale 1 about 640 MB in 2.4 million documents. */
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

const batchDocuments = { orders: 2000, events: 10_000, blobs: 40 } as const;

/** Fills database `bench` with three collections and their indexes. */
export async function fillBenchData(client: MongoClient, counts: BenchCounts): Promise<void> {
  const documents = new BenchDocuments(42);
  const database = client.db('bench');
  for (const name of ['orders', 'events', 'blobs'] as const) {
    const collection = database.collection(name);
    for (let from = 0; from < counts[name]; from += batchDocuments[name]) {
      const until = Math.min(counts[name], from + batchDocuments[name]);
      const batch = Array.from({ length: until - from }, (_, at) => documents[name](from + at));
      await collection.insertMany(batch as never[], { ordered: false, writeConcern: { w: 1, j: false } });
    }
  }
  await database.collection('orders').createIndexes([{ key: { status: 1, at: -1 } }, { key: { customer: 1 } }]);
  await database.collection('events').createIndex({ t: 1 });
}
