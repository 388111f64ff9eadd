import type { ClientSession } from 'mongodb';
import { plainNames, randomDocument, tolerate } from './document-changes.ts';
import type { Workload } from './workload.ts';

/** A transaction over several collections: committed, aborted, one over several oplog entries, or prepared before its commit. */
export async function transact(workload: Workload): Promise<void> {
  const { client, random } = workload;
  const session = client.startSession();
  try {
    await tolerate(async () => {
      session.startTransaction({ writeConcern: { w: 'majority' } });
      const large = random.chance(0.1);
      await write(workload, session, large);
      if (random.chance(0.2)) await session.abortTransaction();
      else if (random.chance(0.25)) await commitPrepared(workload, session);
      else await session.commitTransaction();
    });
  } finally {
    await session.endSession();
  }
}

async function write({ client, random, databases }: Workload, session: ClientSession, large: boolean): Promise<void> {
  for (let turn = 0; turn < 2 + random.below(3); turn++) {
    const collection = client.db(random.pick(databases)).collection<{ _id: never }>(random.pick(plainNames));
    const document = randomDocument(random);
    await collection.updateOne(
      { _id: document['_id'] as never },
      { $set: { tx: random.below(100) }, $inc: { n: 1 } } as never,
      { upsert: true, session },
    );
    await collection.deleteOne({ n: random.below(40) } as never, { session });
  }
  if (!large) return;
  // More than 16 MiB: it takes several oplog entries, chained by prevOpTime.
  const big = client.db('stats').collection('big');
  for (let at = 0; at < 5; at++) await big.insertOne({ at, body: 'b'.repeat(4_000_000) }, { session });
  await big.deleteMany({ at: { $lt: 4 } }, { session });
}

/** As a sharded cluster does it: prepared first, visible at the commit timestamp that the coordinator chooses. */
async function commitPrepared({ client, random }: Workload, session: ClientSession): Promise<void> {
  const admin = client.db('admin');
  const writeConcern = { w: 'majority' };
  const { prepareTimestamp } = await admin.command({ prepareTransaction: 1, writeConcern }, { session });
  const other = client.db('shop').collection('beside');
  await other.insertMany(Array.from({ length: 3 }, () => ({ at: random.below(1000) })));
  await admin.command({ commitTransaction: 1, commitTimestamp: prepareTimestamp, writeConcern }, { session });
}
