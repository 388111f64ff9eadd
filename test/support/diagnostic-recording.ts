import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { Db, MongoClient } from 'mongodb';
import { root } from '../../build/paths.ts';
import { findNumber } from '../../src/deployment/find-bson.ts';
import { Flattener } from '../../src/deployment/flatten-bson.ts';
import type { SampleRun } from '../../src/model/sample.ts';
import { schemaHash } from '../../src/model/schema-hash.ts';
import { decodeSamples, encodeSamples } from '../../src/wire/sample-frames.ts';
import { startReplicaSet } from './replica-set.ts';

export interface Recording {
  readonly names: readonly string[];
  readonly times: readonly number[];
  readonly values: readonly Float64Array[];
}

/**
 * Replies of getDiagnosticData of a real mongod 6.0 (one member of a replica set), one a second while clients work on it:
 * bursts of inserts, updates, finds and aggregations with pauses between. Times are as the host gave them. Recorded once,
 * then kept in `.cache`. Only samples of the schema that most of them have.
 */
export async function diagnosticRecording(samples: number): Promise<Recording> {
  const path = join(root, '.cache', `diagnostic-${samples}.zst`);
  if (!existsSync(path)) {
    mkdirSync(join(root, '.cache'), { recursive: true });
    writeFileSync(path, zstdCompressSync(await record(samples)));
  }
  const { schemas, runs } = decodeSamples(zstdDecompressSync(readFileSync(path)));
  const run = runs.toSorted((a, b) => b.times.length - a.times.length)[0];
  const names = schemas.find((schema) => schema.hash === run?.schemaHash)?.names;
  if (run === undefined || names === undefined) throw new Error(`${path} holds no samples`);
  return { names, times: run.times, values: run.values };
}

async function record(samples: number): Promise<Uint8Array> {
  await using set = await startReplicaSet({ members: 1 });
  await using client = await set.connect();
  const stop = new AbortController();
  const working = Promise.all([0, 1, 2, 3].map((worker) => work(client.db('shop'), worker, stop.signal)));
  try {
    return await poll(client, samples);
  } finally {
    stop.abort();
    await working;
  }
}

async function poll(client: MongoClient, samples: number): Promise<Uint8Array> {
  const flattener = new Flattener();
  const runs = new Map<string, { times: number[]; values: Float64Array[] }>();
  const schemas = new Map<string, readonly string[]>();
  let count = 0;
  let last = 0;
  while (count < samples) {
    const reply = await client.db('admin').command({ getDiagnosticData: 1 }, { raw: true });
    const bytes: unknown = reply['data'];
    if (!Buffer.isBuffer(bytes)) throw new Error('getDiagnosticData gave no data');
    const timeMs = bytes.length < 100 ? 0 : (findNumber(bytes, 'start') ?? 0);
    if (timeMs > last) {
      last = timeMs;
      const { values, layout } = flattener.flatten(bytes);
      const hash = schemaHash(layout.names);
      schemas.set(hash, layout.names);
      const run = runs.get(hash) ?? { times: [], values: [] };
      runs.set(hash, run);
      run.times.push(timeMs);
      run.values.push(values);
      count++;
    }
    await delay(250);
  }
  const list: SampleRun[] = [...runs].map(([hash, run]) => ({
    stream: 'recorded',
    source: 0,
    schemaHash: hash,
    ...run,
  }));
  return encodeSamples({ schemas: [...schemas].map(([hash, names]) => ({ hash, names })), runs: list, gaps: [] });
}

async function work(db: Db, worker: number, signal: AbortSignal): Promise<void> {
  const orders = db.collection<{ _id: string; total: number; state: number; text: string }>('orders');
  if (worker === 0) await orders.createIndex({ state: 1 });
  for (let round = 0; !signal.aborted; round++) {
    const batch = Array.from({ length: 1 + (round % 7) }, (_, i) => ({
      _id: `${worker}-${round}-${i}`,
      total: (round * 7919) % 10_007,
      state: round % 50,
      text: 'x'.repeat((round * 31) % 900),
    }));
    await orders.insertMany(batch);
    await orders.updateMany({ state: (round * 13) % 50, total: { $lt: 500 } }, { $inc: { total: 1 } });
    await orders
      .find({ state: round % 50 })
      .limit(20)
      .toArray();
    if (round % 20 === 0) await orders.aggregate([{ $group: { _id: '$state', sum: { $sum: '$total' } } }]).toArray();
    if (round % 10 === 0) await orders.deleteMany({ state: (round * 3) % 50 });
    await delay(20 + ((round * 37) % 60));
  }
}
