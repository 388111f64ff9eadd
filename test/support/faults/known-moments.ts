import assert from 'node:assert/strict';
import { BSON, type MongoClient, MongoServerError, type Timestamp } from 'mongodb';
import type { BackupTimeline } from '../../../src/wire/api/backups.ts';
import type { BackedUpSet } from '../backed-up-set.ts';
import type { Mongod } from '../mongod.ts';
import { operationTime, someMoments } from '../workload/random-workload.ts';
import { catalogNow, hashesAt, hashesIfKnown, naturalOrder, withoutPast } from '../workload/source-oracle.ts';
import type { Workload } from '../workload/workload.ts';
import { explainDifference } from './explain.ts';

/** What the source said of a moment of its life. */
export interface KnownMoment {
  readonly at: Timestamp;
  readonly hashes: ReadonlyMap<string, string>;
  /** Absent where only the documents are known. */
  readonly catalog?: ReadonlyMap<string, string>;
  /** Natural order of each capped collection, as far as a target can hold it. */
  readonly orders?: ReadonlyMap<string, readonly string[]>;
  /** Capped collections that hold more than a target can, or whose past is not known: their order alone is compared, where it is known. */
  readonly overfull: ReadonlySet<string>;
}

/** All about now; nothing may be written meanwhile. */
export async function momentNow(client: MongoClient): Promise<KnownMoment> {
  const at = await operationTime(client);
  const hashes = await hashesAt(client, undefined);
  const catalog = await catalogNow(client);
  const held = await ordersOf(client, catalog);
  const bounds = await strictBounds(client, catalog);
  const orders = new Map([...held].map(([namespace, order]) => [namespace, within(order, bounds.get(namespace))]));
  return { at, hashes, catalog, orders, overfull: overfullOf(held, bounds) };
}

/** Documents as of some moments since `from`; none where a collection came or went meanwhile. */
export async function momentsSince(workload: Workload, from: Timestamp, count: number): Promise<KnownMoment[]> {
  const found: KnownMoment[] = [];
  const catalog = await catalogNow(workload.client);
  const full = overfullOf(await ordersOf(workload.client, catalog), await strictBounds(workload.client, catalog));
  const overfull = full.union(await withoutPast(workload.client));
  for (const at of await someMoments(workload, from, count)) {
    const hashes = await hashesIfKnown(workload.client, at).catch(undefinedIfTooOld);
    if (hashes !== undefined) found.push({ at, hashes, overfull });
  }
  return found;
}

const snapshotTooOld = 239;

/** A member that was just started knows nothing of before. */
function undefinedIfTooOld(thrown: unknown): undefined {
  if (!(thrown instanceof MongoServerError && thrown.code === snapshotTooOld)) throw thrown;
}

/** Restores into `target`, whose user databases are dropped before, and compares all that is known. */
export async function assertRestores(backedUp: BackedUpSet, target: Mongod, moment: KnownMoment): Promise<void> {
  await using client = await target.connect();
  const { databases } = await client.db('admin').command({ listDatabases: 1, nameOnly: true });
  for (const { name } of databases) {
    if (!['admin', 'config', 'local'].includes(name)) await client.db(name).dropDatabase();
  }
  await backedUp.restoreTo(target, moment.at);
  try {
    await assertEqual(client, moment);
  } catch (thrown) {
    const found = await hashesAt(client, undefined);
    const other = [...moment.hashes].find(
      ([namespace, hash]) => !moment.overfull.has(namespace) && found.get(namespace) !== hash,
    );
    if (other === undefined) throw thrown;
    await using source = await backedUp.set.connect();
    const why = await explainDifference(source, client, other[0], moment.at).catch(String);
    throw new Error(`${thrown instanceof Error ? thrown.message : ''}\n${why}`, { cause: thrown });
  }
}

export async function assertEqual(client: MongoClient, moment: KnownMoment): Promise<void> {
  const text = momentText(moment);
  const found = withoutLateViews(await hashesAt(client, undefined), moment.hashes);
  const compared = (hashes: ReadonlyMap<string, string>): object =>
    plain(new Map([...hashes].filter(([namespace]) => !moment.overfull.has(namespace))));
  assert.deepEqual(compared(found), compared(moment.hashes), `documents at ${text}`);
  if (moment.catalog === undefined) return;
  const catalog = await catalogNow(client);
  const described = withoutLateViews(catalog, moment.catalog);
  assert.deepEqual(plain(described), plain(moment.catalog), `catalog at ${text}`);
  const orders = await ordersOf(client, catalog);
  assert.deepEqual(plain(orders), plain(moment.orders ?? new Map()), `natural order at ${text}`);
}

/** What the page draws agrees with what is known: no hole, and nothing promised that the source has not said yet. */
export async function assertTimeline(backedUp: BackedUpSet, moments: readonly KnownMoment[]): Promise<void> {
  const path = `/backups/${backedUp.replicaSetId}/timeline`;
  const { spans, holes } = await backedUp.product.api<BackupTimeline>('GET', path);
  assert.deepEqual(holes, []);
  assert.equal(spans.length, 1, `one stretch of time: ${JSON.stringify(spans)}`);
  const [{ fromMs, untilMs } = { fromMs: 0, untilMs: 0 }] = spans;
  assert.ok(untilMs <= Date.now() + 1000, `the timeline ends at ${untilMs}, in the future`);
  for (const { at } of moments) {
    const ms = at.getHighBitsUnsigned() * 1000;
    assert.ok(ms >= fromMs - 1000 && ms <= untilMs + 1000, `${ms} is not within ${fromMs} to ${untilMs}`);
  }
}

export function momentText({ at }: Pick<KnownMoment, 'at'>): string {
  return `${at.getHighBitsUnsigned()}:${at.getLowBitsUnsigned()}`;
}

async function ordersOf(
  client: MongoClient,
  catalog: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const orders = new Map<string, readonly string[]>();
  for (const [namespace, described] of catalog) {
    if (!described.includes('"capped":true')) continue;
    const [database = '', ...name] = namespace.split('.');
    orders.set(namespace, await naturalOrder(client, database, name.join('.')));
  }
  return orders;
}

interface Bounds {
  /** Documents. */
  readonly max: number;
  readonly bytes: number;
}

/**
 * Bounds of capped collections of a source before 6.0. One whose counts were off after a kill holds more than they say, for ever; a target of that
 * version cannot be made to, since it removes the oldest documents at each insert.
 */
async function strictBounds(
  client: MongoClient,
  catalog: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, Bounds>> {
  const bounds = new Map<string, Bounds>();
  const { versionArray } = await client.db('admin').command({ buildInfo: 1 });
  if (Number(versionArray[0]) >= 6) return bounds;
  for (const [namespace, described] of catalog) {
    const { options } = BSON.EJSON.parse(described);
    const bound = (value: unknown): number => (Number(value ?? 0) > 0 ? Number(value) : Infinity);
    if (options.capped === true) bounds.set(namespace, { max: bound(options.max), bytes: bound(options.size) });
  }
  return bounds;
}

/** The newest documents (as hex), as many as the bounds allow. */
function within(order: readonly string[], bounds: Bounds | undefined): readonly string[] {
  if (bounds === undefined) return order;
  let from = order.length;
  for (let bytes = 0; from > 0 && order.length - from < bounds.max; from--) {
    bytes += (order[from - 1]?.length ?? 0) / 2;
    if (bytes > bounds.bytes) break;
  }
  return order.slice(from);
}

function overfullOf(
  orders: ReadonlyMap<string, readonly string[]>,
  bounds: ReadonlyMap<string, Bounds>,
): ReadonlySet<string> {
  const all = [...orders].filter(([namespace, order]) => within(order, bounds.get(namespace)).length < order.length);
  return new Set(all.map(([namespace]) => namespace));
}

function plain(map: ReadonlyMap<string, unknown>): object {
  return Object.fromEntries([...map].toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

/**
 * A mongod makes a time series in two steps, its buckets and then its view. One that was killed between them has the buckets alone; a restore makes
 * both, since there is no other way to make buckets.
 */
function withoutLateViews(
  found: ReadonlyMap<string, string>,
  wanted: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const isLate = (namespace: string): boolean => {
    const dot = namespace.indexOf('.');
    const [database, collection] = [namespace.slice(0, dot), namespace.slice(dot + 1)];
    const buckets = `${database}.system.buckets.`;
    if (wanted.has(namespace)) return false;
    if (collection === 'system.views') return wanted.keys().some((name) => name.startsWith(buckets));
    return wanted.has(buckets + collection);
  };
  return new Map([...found].filter(([namespace]) => !isLate(namespace)));
}
