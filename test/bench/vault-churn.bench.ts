import { BSON } from 'mongodb';
import type { BackupSchedule } from '../../src/wire/api/backups.ts';
import { BenchVault, oplogEntry } from '../support/bench-vault.ts';
import { tempDir } from '../support/temp-dir.ts';
import { BenchDocuments } from '../support/workload/bench-documents.ts';
import { RandomSource } from '../support/workload/random-source.ts';
import { at, groupId, replicaSetId, scan, settings } from '../unit/vault/source-model.ts';
import { reportFigure } from './report-figure.ts';

/** What a store on disk comes to when 1% of the documents, spread evenly, is replaced between one snapshot and the next, every six hours. */
const scale = Number(process.env['LEAFWARD_BENCH_SCALE'] ?? 0.5);
const compactionCount = Math.max(10_000, Math.round(80_000 * scale));
/** Small, but larger than what is written anew at every chance (4 MiB). */
const yearCount = 10_000;
const changedShare = 0.01;
const uuid = '11'.repeat(16);
const ui = new BSON.UUID(Buffer.from(uuid, 'hex'));
const noop = { op: 'n', ns: '', o: { msg: 'periodic noop' } };
const firstSeconds = 1_700_000_000;
const hourSeconds = 3600;

/** A collection of orders of about 1 KB whose documents are replaced at random. */
class Churn implements AsyncDisposable {
  readonly bench: BenchVault;
  readonly count: number;
  readonly #documents = new BenchDocuments(3);
  readonly #random = new RandomSource(5);
  seconds = firstSeconds;
  /** Full size of the documents that were replaced. */
  changedBytes = 0;
  /** Of all documents, compressed, after the initial sync. */
  readonly fullBytes: number;

  static async start(bench: BenchVault, count: number): Promise<Churn> {
    const documents = new BenchDocuments(3);
    const orders = Array.from({ length: count }, (_, number) => documents.orders(number));
    const [from, until] = [at(firstSeconds), at(firstSeconds, 2)];
    await scan(bench.vault, [{ uuid, database: 'shop', name: 'orders', documents: orders }], from, until, 256 * 1024);
    await bench.send([oplogEntry(from, noop), oplogEntry(until, noop)]);
    await bench.fold();
    return new Churn(bench, count, await bench.blockBytes());
  }

  private constructor(bench: BenchVault, count: number, fullBytes: number) {
    this.bench = bench;
    this.count = count;
    this.fullBytes = fullBytes;
  }

  /** Replaces 1% of the documents and takes a snapshot; answers the bytes that its runs take. */
  async snapshot(): Promise<number> {
    this.seconds += 6 * hourSeconds;
    const entries: Buffer[] = [];
    for (let change = 1; change <= this.count * changedShare; change++) {
      const id = this.#random.below(this.count);
      const o = this.#documents.orders(id);
      this.changedBytes += BSON.calculateObjectSize(o);
      entries.push(oplogEntry(at(this.seconds, change), { op: 'u', ns: 'shop.orders', ui, o, o2: { _id: id } }));
    }
    await this.bench.send(entries);
    this.bench.clock.nowMs = (this.seconds + 1) * 1000;
    const { newBytes } = await this.bench.vault.takeSnapshot(groupId, replicaSetId);
    return newBytes;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.bench[Symbol.asyncDispose]();
  }
}

await benchCompaction();
await benchYear();

async function benchCompaction(): Promise<void> {
  await using folder = tempDir('bench-compaction');
  await using churn = await Churn.start(await BenchVault.open(folder, firstSeconds * 1000), compactionCount);
  let folded = 0;
  let joined = 0;
  for (let snapshot = 0; snapshot < 100; snapshot++) {
    folded += await churn.snapshot();
    joined += await churn.bench.compact();
  }
  const stored = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;
  const ratio = (folded + joined) / churn.changedBytes;
  const compressed = churn.fullBytes / (churn.count * averageBytes(churn));
  reportFigure({
    what: 'compaction over 100 snapshots of 1% each: bytes written to disk · before compression, against the full size of the changed documents',
    goal: '5 ×',
    measured: `${ratio.toFixed(2)} · ${(ratio / compressed).toFixed(1)} ×`,
    remark: `${churn.count.toLocaleString('en')} documents of ${Math.round(averageBytes(churn))} bytes, ${stored(churn.changedBytes)} of them replaced whole; folds wrote ${stored(folded)}, compaction ${stored(joined)}; the second figure divides by the compression of the base (${compressed.toFixed(2)})`,
  });
}

function averageBytes(churn: Churn): number {
  return churn.changedBytes / (100 * Math.floor(churn.count * changedShare));
}

async function benchYear(): Promise<void> {
  const days = 365;
  const all = await yearOf(days, settings.schedule);
  const bounded = await yearOf(90, { ...settings.schedule, keepMonthlyMonths: 0 });
  reportFigure({
    what: 'space of a year of default retention, 1% even churn in each snapshot, against one full copy',
    goal: '–',
    measured: `${all.times.toFixed(1)} ×`,
    remark: `${days * 4} snapshots made, ${all.snapshots} kept; without the oplog, which takes as much as was written in its window. Each month that is kept is a copy of its own, since nearly every block has changed by then: keepMonthlyMonths bounds it, at 0 it is ${bounded.times.toFixed(1)} ×`,
  });
}

async function yearOf(days: number, schedule: BackupSchedule): Promise<{ times: number; snapshots: number }> {
  await using folder = tempDir('bench-year');
  await using churn = await Churn.start(await BenchVault.open(folder, firstSeconds * 1000), yearCount);
  const { bench, fullBytes } = churn;
  await bench.vault.configure(groupId, replicaSetId, { ...settings, schedule });
  for (let day = 0; day < days; day++) {
    for (let snapshot = 0; snapshot < 24 / schedule.snapshotEveryHours; snapshot++) {
      await churn.snapshot();
      await bench.compact();
    }
    await bench.collect();
  }
  // What went in the last hours is not collected before its time of grace is over.
  bench.clock.nowMs += 2 * hourSeconds * 1000;
  await bench.collect();
  const kept = await bench.vault.snapshots(groupId, replicaSetId);
  return { times: (await bench.blockBytes()) / fullBytes, snapshots: kept.length };
}
