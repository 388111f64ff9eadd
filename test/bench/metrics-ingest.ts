import { readFileSync } from 'node:fs';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { openMetricsEngine } from '../../src/metrics/engine.ts';
import type { SampleRun } from '../../src/model/sample.ts';
import { schemaHash } from '../../src/model/schema-hash.ts';
import { silentLog } from '../../src/runtime/log.ts';
import { openSqlDatabase } from '../../src/storage/sqlite/open-database.ts';
import { seriesMigrations } from '../../src/storage/sqlite/series-migrations.ts';
import { SqliteSeriesStore } from '../../src/storage/sqlite/series-store.ts';
import { decodeSamples, encodeSamples } from '../../src/wire/sample-frames.ts';
import { diagnosticRecording } from '../support/diagnostic-recording.ts';
import { tempDir } from '../support/temp-dir.ts';

/**
 * CPU and memory of taking in 1,000 hosts × 2,300 numbers every 10 s: ten agents of 100 hosts each send a message per
 * poll, replayed from a recording (each host begins at another place of it). Counted: decompress, decode, append with
 * fsync, and the sealing of an hour of each host, measured on some hosts and spread over the hour.
 */
const hosts = 1000;
const hostsPerAgent = 100;
const polls = 30;
const sealedHosts = 20;
const recording = await diagnosticRecording(361);
const hash = schemaHash(recording.names);
const frames = recording.values.length;
const hour = Date.UTC(2026, 0, 10);

await using dir = tempDir('bench');
const database = await openSqlDatabase(dir.path, [{ name: 'series', steps: seriesMigrations }]);
let now = hour;
const options = {
  store: new SqliteSeriesStore(database),
  clock: { now: () => now },
  log: silentLog,
  background: false,
};
const engine = await openMetricsEngine(options);
const current = { epoch: 1, current: true };

function messageOf(agent: number, poll: number): Uint8Array {
  const runs = Array.from({ length: hostsPerAgent }, (_, i): SampleRun => {
    const host = agent * hostsPerAgent + i;
    const values = recording.values[(host * 37 + poll) % frames] ?? new Float64Array();
    return {
      stream: `host-${host}`,
      source: 0,
      schemaHash: hash,
      times: [hour + poll * 10_000 + host],
      values: [values],
    };
  });
  const schemas = poll === 0 ? [{ hash, names: recording.names }] : [];
  return zstdCompressSync(encodeSamples({ schemas, runs, gaps: [] }));
}

async function cpuOf(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const used = process.cpuUsage(before);
  return (used.user + used.system) / 1000;
}

const perPoll: number[] = [];
let anonymousKiB = 0;
for (let poll = 0; poll < polls; poll++) {
  now = hour + poll * 10_000;
  let cpuMs = 0;
  for (let agent = 0; agent < hosts / hostsPerAgent; agent++) {
    const body = messageOf(agent, poll);
    cpuMs += await cpuOf(() => engine.append(`group-${agent}`, decodeSamples(zstdDecompressSync(body)), current));
  }
  perPoll.push(cpuMs);
  anonymousKiB = Math.max(anonymousKiB, rssAnonKiB());
}
const steady = perPoll.slice(5);
const ingestMs = steady.reduce((sum, one) => sum + one, 0) / steady.length;

// Hours of some hosts, in a database of their own: the log of all hosts stays as it is.
await using sealDir = tempDir('bench');
const sealDatabase = await openSqlDatabase(sealDir.path, [{ name: 'series', steps: seriesMigrations }]);
const sealEngine = await openMetricsEngine({ ...options, store: new SqliteSeriesStore(sealDatabase) });
const times = recording.times.slice(0, 360).map((_, i) => hour + i * 10_000);
const sealMs: number[] = [];
for (let host = 0; host < sealedHosts; host++) {
  const run = {
    stream: `host-${host}`,
    source: 0 as const,
    schemaHash: hash,
    times,
    values: recording.values.slice(0, 360),
  };
  await sealEngine.append('g', { schemas: [{ hash, names: recording.names }], runs: [run], gaps: [] }, current);
  sealMs.push(await cpuOf(() => sealEngine.settle()));
  anonymousKiB = Math.max(anonymousKiB, rssAnonKiB());
}
await sealEngine.close();
await sealDatabase.close();
const seal = sealMs.slice(sealedHosts / 2).reduce((sum, one) => sum + one, 0) / (sealedHosts / 2);
const cores = ingestMs / 10_000 + (seal * hosts) / 3_600_000;
console.log(
  JSON.stringify({
    name: 'server CPU to ingest 1,000 hosts × 2,300 numbers every 10 s',
    value: cores,
    unit: 'cores',
    goal: 1,
    note: `${ingestMs.toFixed(0)} ms of CPU per poll of all hosts (decompress, decode, log, fsync) and ${seal.toFixed(0)} ms to seal an hour of one host`,
  }),
);
console.log(
  JSON.stringify({
    name: 'RssAnon of that process',
    value: anonymousKiB / 1024,
    unit: 'MB',
    goal: 400,
    note: 'highest seen after a poll or a sealing, replay included',
  }),
);
await engine.close();
await database.close();

function rssAnonKiB(): number {
  const found = /RssAnon:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'));
  return Number(found?.[1] ?? 0);
}
