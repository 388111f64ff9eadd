import assert from 'node:assert/strict';
import { type MongoClient, MongoServerError, type Timestamp } from 'mongodb';
import type { BackupTimeline } from '../../../src/wire/api/backups.ts';
import type { BackedUpSet } from '../backed-up-set.ts';
import type { Mongod } from '../mongod.ts';
import { operationTime, someMoments } from '../workload/random-workload.ts';
import { catalogNow, hashesAt, hashesIfKnown, naturalOrder } from '../workload/source-oracle.ts';
import type { Workload } from '../workload/workload.ts';
import { explainDifference } from './explain.ts';

/** What the source said of a moment of its life. */
export interface KnownMoment {
  readonly at: Timestamp;
  readonly hashes: ReadonlyMap<string, string>;
  /** Absent where only the documents are known. */
  readonly catalog?: ReadonlyMap<string, string>;
  /** Natural order of each capped collection. */
  readonly orders?: ReadonlyMap<string, readonly string[]>;
}

/** All about now; nothing may be written meanwhile. */
export async function momentNow(client: MongoClient): Promise<KnownMoment> {
  const at = await operationTime(client);
  const hashes = await hashesAt(client, undefined);
  const catalog = await catalogNow(client);
  return { at, hashes, catalog, orders: await ordersOf(client, catalog) };
}

/** Documents as of some moments since `from`; none where a collection came or went meanwhile. */
export async function momentsSince(workload: Workload, from: Timestamp, count: number): Promise<KnownMoment[]> {
  const found: KnownMoment[] = [];
  for (const at of await someMoments(workload, from, count)) {
    const hashes = await hashesIfKnown(workload.client, at).catch(undefinedIfTooOld);
    if (hashes !== undefined) found.push({ at, hashes });
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
    const other = [...moment.hashes].find(([namespace, hash]) => found.get(namespace) !== hash);
    if (other === undefined) throw thrown;
    await using source = await backedUp.set.connect();
    const why = await explainDifference(source, client, other[0], moment.at).catch(String);
    throw new Error(`${thrown instanceof Error ? thrown.message : ''}\n${why}`, { cause: thrown });
  }
}

export async function assertEqual(client: MongoClient, moment: KnownMoment): Promise<void> {
  const text = momentText(moment);
  const found = withoutLateViews(await hashesAt(client, undefined), moment.hashes);
  assert.deepEqual(plain(found), plain(moment.hashes), `documents at ${text}`);
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
