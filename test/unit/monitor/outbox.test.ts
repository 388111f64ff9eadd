import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { zstdDecompressSync } from 'node:zlib';
import { sampleSources } from '../../../src/model/sample.ts';
import { Outbox, type Sample } from '../../../src/monitor/outbox.ts';
import { OutboxDisk } from '../../../src/monitor/outbox-disk.ts';
import { decodeSamples, schemaHash } from '../../../src/wire/sample-frames.ts';
import { tempDir } from '../../support/temp-dir.ts';

const names = Array.from({ length: 100 }, (_, index) => `n${index}`);
const schema = { hash: schemaHash(names), names };

function sample(stream: string, timeMs: number, epoch = 1): Sample {
  const values = Float64Array.from(names, (_, at) => noise(timeMs * 100 + at));
  return { stream, source: sampleSources.diagnostic, schema, timeMs, values, epoch };
}

/** Digits that no codec finds a rule in, the same on each run. */
function noise(at: number): number {
  return createHash('sha256').update(`${at}`).digest().readUInt32LE() / 2 ** 32;
}

async function open(folder: string, maxBytes = 2 ** 20, memoryBytes = 2 ** 20) {
  const disk = new OutboxDisk(folder, maxBytes);
  await disk.open();
  return new Outbox({ disk, memoryBytes });
}

test('samples come out in order, one epoch at a time, and stay until they are sent', async () => {
  await using folder = tempDir('outbox');
  const outbox = await open(folder.path);
  outbox.add(sample('h1', 1));
  outbox.add(sample('h2', 2));
  outbox.add(sample('h1', 3, 2));
  const first = await outbox.first();
  assert.ok(first?.from === 'memory');
  assert.deepEqual(
    first.samples.map(({ timeMs }) => timeMs),
    [1, 2],
  );
  outbox.kept();
  const again = await outbox.first();
  assert.ok(again?.from === 'memory' && again.samples.length === 2);
  await outbox.sent(again);
  const last = await outbox.first();
  assert.ok(last?.from === 'memory');
  assert.equal(last.epoch, 2);
  await outbox.sent(last);
  assert.equal(outbox.isEmpty, true);
  assert.equal(outbox.bytes, 0);
});

test('what was put on disk is sent first, by the next run of the agent too, with its schemas', async () => {
  await using folder = tempDir('outbox');
  const before = await open(folder.path);
  before.add(sample('h1', 10, 4));
  before.add(sample('h1', 20, 4));
  await before.spill();
  const after = await open(folder.path);
  after.add(sample('h1', 30, 5));
  assert.equal(after.samples, 3);
  const batch = await after.first();
  assert.ok(batch?.from === 'disk');
  assert.equal(batch.epoch, 4);
  const message = decodeSamples(zstdDecompressSync(batch.body));
  assert.deepEqual(message.schemas, [schema]);
  assert.deepEqual(message.runs[0]?.times, [10, 20]);
  await after.sent(batch);
  assert.equal((await after.first())?.from, 'memory');
});

test('what is spilt little by little is one segment with its schema once, until it is large or the epoch is another', async () => {
  await using folder = tempDir('outbox');
  const outbox = await open(folder.path, 64 * 2 ** 20);
  for (let timeMs = 1; timeMs <= 250; timeMs++) {
    outbox.add(sample(`h${timeMs % 2}`, timeMs, 3));
    if (timeMs % 5 === 0) await outbox.spill();
  }
  outbox.add(sample('h1', 251, 4));
  await outbox.spill();
  const files = readdirSync(folder.path);
  // 100 random doubles a sample: some 130 of them make 128 KiB.
  assert.ok(files.length >= 3 && files.length <= 4, files.join(' '));
  assert.equal(new Set(files.map((name) => name.split('-')[0])).size, files.length);
  const again = await open(folder.path, 64 * 2 ** 20);
  assert.equal(again.samples, 251);
  assert.equal(again.bytes, outbox.bytes);
  const times: number[] = [];
  for (let batch = await again.first(); batch?.from === 'disk'; batch = await again.first()) {
    const { schemas, runs } = decodeSamples(zstdDecompressSync(batch.body));
    assert.deepEqual(schemas, [schema]);
    for (const run of runs)
      assert.deepEqual(
        run.times,
        run.times.toSorted((a, b) => a - b),
      );
    times.push(...runs.flatMap((run) => run.times));
    await again.sent(batch);
  }
  assert.deepEqual(
    times.toSorted((a, b) => a - b),
    Array.from({ length: 251 }, (_, at) => at + 1),
  );
  assert.deepEqual(readdirSync(folder.path), []);
});

test('of a segment and the larger one that took it up, a crash between them leaves the larger', async () => {
  await using folder = tempDir('outbox');
  const outbox = await open(folder.path);
  outbox.add(sample('h1', 1));
  await outbox.spill();
  const [first = ''] = readdirSync(folder.path);
  const small = readFileSync(folder.file(first));
  outbox.add(sample('h1', 2));
  await outbox.spill();
  const [second = ''] = readdirSync(folder.path);
  assert.notEqual(first, second);
  writeFileSync(folder.file(first), small, { mode: 0o600 });
  writeFileSync(folder.file(`${second}.tmp`), 'cut off');
  const again = await open(folder.path);
  assert.deepEqual(readdirSync(folder.path), [second]);
  assert.equal(again.samples, 2);
  assert.equal(again.bytes, outbox.bytes);
});

test('a damaged last segment takes up nothing', async () => {
  await using folder = tempDir('outbox');
  const outbox = await open(folder.path);
  outbox.add(sample('h1', 1));
  await outbox.spill();
  const [damaged = ''] = readdirSync(folder.path);
  writeFileSync(folder.file(damaged), 'damaged');
  outbox.add(sample('h1', 2));
  await outbox.spill();
  assert.equal(readdirSync(folder.path).length, 2);
});

test('beyond its bound the oldest on disk go, and the gap is told', async () => {
  await using folder = tempDir('outbox');
  const outbox = await open(folder.path, 3000);
  for (let timeMs = 1; timeMs <= 10; timeMs++) {
    outbox.add(sample('h1', timeMs));
    await outbox.spill();
  }
  assert.ok(outbox.bytes <= 3000);
  const left = outbox.samples;
  while (left > 0) {
    const batch = await outbox.first();
    assert.ok(batch);
    await outbox.sent(batch);
    if (batch.from !== 'memory') continue;
    const [gap] = batch.gaps;
    assert.equal(gap?.stream, 'h1');
    assert.deepEqual([gap.fromMs, gap.toMs], [1, 10 - left]);
    break;
  }
  assert.equal(outbox.isEmpty, true);
});

test('memory is bounded when the disk takes nothing', async () => {
  await using folder = tempDir('outbox');
  const outbox = await open(folder.path, 2 ** 20, 10_000);
  for (let timeMs = 1; timeMs <= 500; timeMs++) outbox.add(sample('h1', timeMs));
  assert.ok(outbox.bytes <= 41_000, String(outbox.bytes));
  const batch = await outbox.first();
  assert.ok(batch?.from === 'memory');
  assert.equal(batch.gaps[0]?.fromMs, 1);
  assert.equal(batch.gaps[0]?.toMs, (batch.samples[0]?.timeMs ?? 0) - 1);
});

test('memory stays within its bound while the disk takes nothing: the oldest go, and say so as gaps', async () => {
  await using folder = tempDir('outbox');
  const memoryBytes = 64 * 1024;
  const outbox = await open(folder.path, 2 ** 20, memoryBytes);
  for (let timeMs = 1; timeMs <= 2000; timeMs++) {
    outbox.add(sample('h1', timeMs));
    assert.ok(outbox.bytes <= memoryBytes);
  }
  const batch = await outbox.first();
  assert.ok(batch?.from === 'memory');
  assert.equal(batch.samples.at(-1)?.timeMs, 2000);
  assert.equal(outbox.lostSamples, 2000 - outbox.samples);
  const [gap] = batch.gaps;
  assert.deepEqual([gap?.fromMs, gap?.toMs], [1, outbox.lostSamples]);
});
