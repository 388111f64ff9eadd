import type { Timestamp } from 'mongodb';
import { BenchVault } from '../support/bench-vault.ts';
import { startReplicaSet } from '../support/replica-set.ts';
import { tempDir } from '../support/temp-dir.ts';
import { BenchDocuments } from '../support/workload/bench-documents.ts';
import { operationTime } from '../support/workload/random-workload.ts';
import { scan } from '../unit/vault/source-model.ts';
import { quantile, reportFigure } from './report-figure.ts';

/** Entries of the oplog of a real mongod folded into delta runs on disk, by the processor time of all threads: garbage collection and zstd too. */
const scale = Number(process.env['LEAFWARD_BENCH_SCALE'] ?? 0.5);
const rounds = 5;
const perRound = Math.max(3000, Math.round(120_000 * scale));

await using folder = tempDir('bench-fold');
await using set = await startReplicaSet({ members: 1, cacheSizeGB: 1, oplogSizeMb: 990 });
await using client = await set.connect();
await using bench = await BenchVault.open(folder, Date.now());
const events = client.db('bench').collection<{ _id: number }>('events');
const documents = new BenchDocuments(7);
let newest = await operationTime(client);
const [first] = await entriesSince(newest, '$gte');
if (first === undefined) throw new Error('the oplog is empty');
await scan(bench.vault, [], newest.toBigInt(), newest.toBigInt());
await bench.send([first]);
await bench.fold();

const rates: number[] = [];
let bytes = 0;
let count = 0;
for (let round = 0; round < rounds; round++) {
  await write(round);
  const entries = await entriesSince(newest, '$gt');
  newest = await operationTime(client);
  await bench.send(entries);
  count += entries.length;
  bytes += entries.reduce((sum, { length }) => sum + length, 0);
  const began = process.cpuUsage();
  const folded = await bench.fold();
  const { user, system } = process.cpuUsage(began);
  rates.push(folded / ((user + system) / 1e6));
}
reportFigure({
  what: 'folding of the oplog, one core: entries a second',
  goal: '100000 /s',
  measured: `${Math.round(quantile(rates.slice(1), 0.5))} /s`,
  remark: `median of ${rounds - 1} folds of about ${Math.round(count / rounds).toLocaleString('en')} entries each, ${Math.round(bytes / count)} bytes an entry, of a 6.0: a third each of inserts, updates and deletes of documents in random order; reading, checking, gathering, sorting, zstd and writing with the index included`,
});

async function write(round: number): Promise<void> {
  const third = Math.round(perRound / 3);
  const from = round * third;
  for (let at = 0; at < third; at += 1000) {
    const until = Math.min(third, at + 1000);
    const batch = Array.from({ length: until - at }, (_, index) => ({
      ...documents.events(from + at + index),
      _id: shuffled(from + at + index),
    }));
    await events.insertMany(batch, { ordered: false });
  }
  await events.updateMany({}, { $set: { kind: `round ${round}` }, $inc: { ms: 1 } });
  await events.deleteMany({ _id: { $mod: [2, round % 2] } });
  // Half of them are left: those are what the next round changes and deletes.
}

/** A place of its own for each number, far from that of the next one. */
function shuffled(number: number): number {
  return Math.imul(number, 0x9e37_79b1) >>> 0;
}

async function entriesSince(after: Timestamp, comparison: '$gt' | '$gte'): Promise<Buffer[]> {
  const oplog = client.db('local').collection('oplog.rs');
  const found: Buffer[] = [];
  for await (const entry of oplog.find({ ts: { [comparison]: after } }, { raw: true, batchSize: 20_000 })) {
    found.push(Buffer.from(entry as unknown as Uint8Array));
  }
  return found;
}
