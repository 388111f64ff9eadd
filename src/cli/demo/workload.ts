import { type Collection, type Db, MongoClient } from 'mongodb';
import { sleep } from '../../runtime/periodic.ts';

interface Order {
  customer: number;
  state: 'open' | 'paid' | 'sent';
  lines: { product: number; quantity: number; price: number }[];
  note: string;
  at: Date;
}
interface Product {
  _id: number;
  name: string;
  stock: number;
}

export interface Workload {
  /** Resolves when the last operation has ended. */
  close(): Promise<void>;
}

const products = 500;
const customers = 2000;
/** The collection stays about this large, whatever the demo's age: the oldest orders are deleted. */
const ordersKept = 20_000;

/**
 * A small shop: orders come in, are paid, sent, listed and thrown away, at 10 to 60 operations a second that rise and fall
 * within minutes, so that the charts have something to show. Failures (an election, a stopped member) are waited out.
 */
export function startWorkload(uri: string, signal: AbortSignal): Workload {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const client = new MongoClient(uri, {
    appName: 'leafward demo',
    serverSelectionTimeoutMS: 5000,
    socketTimeoutMS: 10_000,
  });
  const running = run(client, either);
  return {
    async close() {
      stop.abort();
      // Operations under way are cut off, rather than waited for.
      await client.close(true);
      await running;
    },
  };
}

async function run(client: MongoClient, signal: AbortSignal): Promise<void> {
  const db = client.db('shop');
  while (!signal.aborted) {
    try {
      await prepare(db);
      await Promise.all([customersLoop(db, signal), reportsLoop(db, signal), cleaningLoop(db, signal)]);
    } catch {
      await sleep(1000, signal);
    }
  }
}

async function prepare(db: Db): Promise<void> {
  const stock = db.collection<Product>('products');
  await db.collection<Order>('orders').createIndexes([{ key: { customer: 1, at: -1 } }, { key: { state: 1, at: 1 } }]);
  if ((await stock.estimatedDocumentCount()) > 0) return;
  const documents = Array.from({ length: products }, (_, id) => ({ _id: id, name: `Product ${id}`, stock: 1000 }));
  await stock.insertMany(documents, { ordered: false });
}

/** Operations a second at a moment: a slow and a quick wave, and now and then a rush. */
export function rateAt(ms: number): number {
  const seconds = ms / 1000;
  const waves = 25 + 12 * Math.sin((seconds / 600) * 2 * Math.PI) + 6 * Math.sin((seconds / 73) * 2 * Math.PI);
  const rush = seconds % 420 < 25 ? 17 : 0;
  return waves + rush;
}

async function customersLoop(db: Db, signal: AbortSignal): Promise<void> {
  const orders = db.collection<Order>('orders');
  const stock = db.collection<Product>('products');
  while (await sleep(1000 / rateAt(Date.now()), signal)) await oneStep(orders, stock);
}

async function oneStep(orders: Collection<Order>, stock: Collection<Product>): Promise<void> {
  const dice = Math.random();
  const customer = below(customers);
  if (dice < 0.3) await orders.insertOne(newOrder(customer));
  else if (dice < 0.6) await orders.find({ customer }).sort({ at: -1 }).limit(10).toArray();
  else if (dice < 0.75) await stock.updateOne({ _id: below(products) }, { $inc: { stock: below(5) - 2 } });
  else if (dice < 0.88)
    await orders.findOneAndUpdate({ state: 'open' }, { $set: { state: 'paid' } }, { sort: { at: 1 } });
  else if (dice < 0.97)
    await orders.findOneAndUpdate({ state: 'paid' }, { $set: { state: 'sent' } }, { sort: { at: 1 } });
  else await stock.find({ _id: { $in: [below(products), below(products)] } }).toArray();
}

async function reportsLoop(db: Db, signal: AbortSignal): Promise<void> {
  while (await sleep(5000 + below(10_000), signal)) {
    await db
      .collection('orders')
      .aggregate([{ $unwind: '$lines' }, { $group: { _id: '$lines.product', sold: { $sum: '$lines.quantity' } } }])
      .toArray();
  }
}

async function cleaningLoop(db: Db, signal: AbortSignal): Promise<void> {
  const orders = db.collection<Order>('orders');
  while (await sleep(20_000, signal)) {
    const tooMany = (await orders.estimatedDocumentCount()) - ordersKept;
    if (tooMany <= 0) continue;
    const [last] = await orders.find().sort({ _id: 1 }).skip(tooMany).limit(1).project({ _id: 1 }).toArray();
    if (last !== undefined) await orders.deleteMany({ _id: { $lt: last['_id'] } });
  }
}

function newOrder(customer: number): Order {
  const lines = Array.from({ length: 1 + below(5) }, () => ({
    product: below(products),
    quantity: 1 + below(4),
    price: below(10_000) / 100,
  }));
  return { customer, state: 'open', lines, note: 'x'.repeat(below(400)), at: new Date() };
}

function below(limit: number): number {
  return Math.floor(Math.random() * limit);
}
