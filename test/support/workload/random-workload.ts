import type { MongoClient, Timestamp } from 'mongodb';
import { insertRaw } from '../wire-insert.ts';
import { changeCatalog } from './catalog-changes.ts';
import { changeDocuments, randomDocument, tolerate } from './document-changes.ts';
import { deepDocument, oddDocuments } from './odd-documents.ts';
import { RandomSource } from './random-source.ts';
import { transact } from './transactions.ts';
import type { Workload } from './workload.ts';

/** Port of the primary: raw documents go past the driver. */
export type PrimaryPort = () => Promise<number>;

export async function openWorkload(client: MongoClient, seed: number): Promise<Workload> {
  const { versionArray } = await client.db('admin').command({ buildInfo: 1 });
  const version = Number(versionArray[0]) + Number(versionArray[1]) / 10;
  return { client, random: new RandomSource(seed), version, databases: ['shop', 'stats', 'old'] };
}

/** Something of everything, so that a scan meets it. */
export async function fillSource(workload: Workload, primaryPort: PrimaryPort, documents = 2000): Promise<void> {
  const { client, random } = workload;
  const shop = client.db('shop');
  const orders = Array.from({ length: documents }, (_, at) => orderOf(random, at));
  await shop.collection('orders').insertMany(orders as never[], { ordered: false });
  await shop
    .collection('orders')
    .createIndexes([{ key: { status: 1, at: -1 } }, { key: { 'items.sku': 1 }, sparse: true }]);
  const port = await primaryPort();
  await insertRaw(port, 'odd', oddDocuments(random.seed, 300), 'shop');
  await insertRaw(port, 'deep', [deepDocument(1, 100), deepDocument(2, 60)], 'shop');
  for (const name of ['events', 'carts', 'people']) {
    const some = Array.from({ length: 60 }, () => randomDocument(random));
    await tolerate(() => shop.collection(name).insertMany(some as never[], { ordered: false }));
    await tolerate(() =>
      client
        .db('old')
        .collection(name)
        .insertMany(some as never[], { ordered: false }),
    );
  }
  for (let round = 0; round < 30; round++) await changeCatalog(workload);
}

/** `steps` random operations, one after another: of every kind, or of documents alone (the past before a change of the catalog cannot be hashed). */
export async function runWorkload(
  workload: Workload,
  steps: number,
  kinds: 'all' | 'documents' = 'all',
  signal?: AbortSignal,
): Promise<void> {
  for (let step = 0; step < steps && signal?.aborted !== true; step++) {
    const dice = workload.random.next();
    if (dice < 0.84) await changeDocuments(workload);
    else if (dice < 0.93 || kinds === 'documents') await transact(workload);
    else await changeCatalog(workload);
  }
}

/**
 * Timestamps of `count` entries at random since `from`: moments at which the oracle can be asked, as long as no catalog changed since. None lies
 * between an insert into a capped collection and the deletes that it leads to, in entries of their own: a 5.0 cannot be made to hold that much.
 */
export async function someMoments({ client, random }: Workload, from: Timestamp, count: number): Promise<Timestamp[]> {
  const entries = await client
    .db('local')
    .collection('oplog.rs')
    .find({ ts: { $gt: from } }, { projection: { ts: 1, op: 1, ns: 1, lsid: 1 } })
    .sort({ $natural: 1 })
    .toArray();
  const isDeleteByCap = (at: number): boolean => entries[at]?.['op'] === 'd' && entries[at]?.['lsid'] === undefined;
  return Array.from({ length: count }, () => {
    let at = random.below(entries.length);
    while (isDeleteByCap(at + 1) && entries[at + 1]?.['ns'] === entries[at]?.['ns']) at++;
    const entry = entries[at];
    if (entry === undefined) throw new Error('the oplog has nothing new');
    return entry['ts'];
  });
}

/** Majority-committed now, with nothing under way: a time to compare at. */
export async function operationTime(client: MongoClient): Promise<Timestamp> {
  const reply = await client.db('admin').command({
    appendOplogNote: 1,
    data: { leafward: 'checkpoint' },
    writeConcern: { w: 'majority', wtimeout: 120_000 },
  });
  return reply['operationTime'];
}

function orderOf(random: RandomSource, at: number): object {
  return {
    _id: at % 7 === 0 ? `order-${at}` : at,
    status: random.pick(['new', 'paid', 'sent']),
    at: new Date(1_700_000_000_000 + at * 1000),
    total: random.below(10_000) / 100,
    items: Array.from({ length: random.below(4) }, (_, item) => ({ sku: `s${random.below(50)}`, n: item })),
    note: 'x'.repeat(random.below(300)),
  };
}
