import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { BSON } from 'mongodb';
import { findNumber } from '../../../src/deployment/find-bson.ts';
import { Flattener } from '../../../src/deployment/flatten-bson.ts';
import { readFtdc } from '../../../src/deployment/read-ftdc.ts';
import { importFtdc } from '../../../src/monitor/import-ftdc.ts';
import { decodeSamples } from '../../../src/wire/sample-frames.ts';
import { eventually } from '../../support/eventually.ts';
import { startMongod } from '../../support/mongod.ts';

for (const version of ['4.4', '5.0', '6.0'] as const) {
  test(`the past of a real ${version} is read from its diagnostic.data as it would have answered it`, async () => {
    await using mongod = await startMongod({ version });
    const client = await mongod.connect();
    await using _closing = { [Symbol.asyncDispose]: () => client.close() };
    const folder = join(mongod.dbPath, 'diagnostic.data');
    const seen = new Map<number, number>();
    const samples = await eventually(
      async () => {
        const { data } = await client.db('admin').command({ getDiagnosticData: 1 });
        if (data?.start instanceof Date) seen.set(data.start.getTime(), data.serverStatus.uptimeMillis);
        const found: Buffer[] = [];
        for await (const sample of readFtdc(folder)) found.push(sample);
        const known = found.filter((bytes) => seen.has(BSON.deserialize(bytes)['start'].getTime()));
        return known.length >= 3 && found;
      },
      { timeoutMs: 240_000, everyMs: 300, what: 'three samples in diagnostic.data that were also asked for' },
    );
    const times: number[] = [];
    for (const bytes of samples) {
      const { start, serverStatus } = BSON.deserialize(bytes);
      times.push(start.getTime());
      const asked = seen.get(start.getTime());
      if (asked !== undefined) assert.equal(serverStatus.uptimeMillis, asked);
    }
    assert.deepEqual(
      times,
      times.toSorted((a, b) => a - b),
    );

    const bodies: Uint8Array[] = [];
    const imported = await importFtdc({
      folder,
      hostId: 'h_1',
      everyMs: 1000,
      send: async (body) => {
        bodies.push(body);
        return { appendedSamples: 1 };
      },
    });
    const runs = bodies.flatMap((body) => decodeSamples(body).runs);
    assert.equal(
      runs.reduce((sum, run) => sum + run.times.length, 0),
      imported.samples,
    );
    const newest = samples.at(-1);
    assert.ok(newest);
    assert.ok(new Flattener().flatten(newest).layout.names.includes('serverStatus.connections.current'));
  });
}

test('from a time on, the same is read as of all that lies there, over chunks, files and a restart', async () => {
  const parameters = ['PeriodMillis=100', 'SamplesPerChunk=10', 'SamplesPerInterimUpdate=5'];
  const args = parameters.flatMap((one) => ['--setParameter', `diagnosticDataCollection${one}`]);
  await using mongod = await startMongod({ args });
  const folder = join(mongod.dbPath, 'diagnostic.data');
  const startsFrom = async (fromMs: number): Promise<number[]> => {
    const starts: number[] = [];
    for await (const bytes of readFtdc(folder, fromMs)) starts.push(findNumber(bytes, 'start') ?? 0);
    return starts;
  };
  const holds = (least: number) =>
    eventually(async () => (await startsFrom(0)).length >= least, { timeoutMs: 240_000, what: `${least} samples` });
  await holds(35);
  await mongod.restart({ args });
  await holds((await startsFrom(0)).length + 35);
  await mongod.stop();
  const all = await startsFrom(0);
  const [first = 0] = all;
  const last = all.at(-1) ?? 0;
  for (const fromMs of [first - 1, ...all, ...all.map((start) => start + 1), last + 86_400_000]) {
    assert.deepEqual(
      await startsFrom(fromMs),
      all.filter((start) => start >= fromMs),
      `from ${fromMs - first} ms on`,
    );
  }
});
