import assert from 'node:assert/strict';
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
  const values = Float64Array.from(names, () => Math.random());
  return { stream, source: sampleSources.diagnostic, schema, timeMs, values, epoch };
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
  assert.equal(outbox.isOverfull, true);
  const batch = await outbox.first();
  assert.ok(batch?.from === 'memory');
  assert.equal(batch.gaps[0]?.fromMs, 1);
  assert.equal(batch.gaps[0]?.toMs, (batch.samples[0]?.timeMs ?? 0) - 1);
});
