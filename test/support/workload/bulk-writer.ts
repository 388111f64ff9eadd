import type { MongoClient } from 'mongodb';

const batch = 1000;

/** Bulk writes, half of them inserts and half of them updates of what was just inserted. */
export class BulkWriter {
  readonly #database: string;
  readonly #collection: string;
  #written = 0;

  constructor(database: string, collection: string) {
    this.#database = database;
    this.#collection = collection;
  }

  /** One batch: how many operations it was, and the operation time after it. */
  async write(source: MongoClient): Promise<{ readonly operations: number; readonly ts: bigint }> {
    const writes = source.db(this.#database).collection<{ _id: number }>(this.#collection);
    await using session = source.startSession();
    const from = this.#written;
    this.#written += batch;
    const documents = Array.from({ length: batch }, (_, at) => ({
      _id: from + at,
      at: new Date(),
      status: 'new',
      user: (from + at) % 50_000,
      note: `order number ${from + at}`,
    }));
    const concern = { session, writeConcern: { w: 1, j: false } } as const;
    await writes.insertMany(documents, { ordered: false, ...concern });
    const paid = { $set: { status: 'paid' }, $inc: { user: 1 } };
    await writes.updateMany({ _id: { $gte: from, $lt: from + batch } }, paid, concern);
    return { operations: 2 * batch, ts: session.operationTime?.toBigInt() ?? 0n };
  }
}
