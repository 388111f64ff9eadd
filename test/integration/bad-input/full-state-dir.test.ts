import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { zstdDecompressSync } from 'node:zlib';
import { sampleSources } from '../../../src/model/sample.ts';
import { Outbox } from '../../../src/monitor/outbox.ts';
import { OutboxDisk } from '../../../src/monitor/outbox-disk.ts';
import { decodeSamples, schemaHash } from '../../../src/wire/sample-frames.ts';
import { runApp, startApp } from '../../support/app.ts';
import { smallDisk, whyNoSmallDisk } from '../../support/small-disk.ts';

const skip = whyNoSmallDisk() ?? false;
const names = Array.from({ length: 1000 }, (_, index) => `n${index}`);
const schema = { hash: schemaHash(names), names };

test('samples wait in memory while the disk of the agent is full, and all of them come in order afterwards', {
  skip,
}, async () => {
  await using small = smallDisk(2);
  const disk = new OutboxDisk(small.file('outbox'), 64 * 2 ** 20);
  await disk.open();
  const outbox = new Outbox({ disk, memoryBytes: 2 ** 20 });
  const add = (timeMs: number): void => {
    const values = Float64Array.from(names, (_, index) => Math.sin(timeMs * index));
    outbox.add({ stream: 'h1', source: sampleSources.diagnostic, schema, timeMs, values, epoch: 1 });
  };
  for (let timeMs = 1; timeMs <= 20; timeMs++) add(timeMs);
  await outbox.spill();
  const before = readdirSync(small.file('outbox')).length;
  small.fill();
  for (let timeMs = 21; timeMs <= 60; timeMs++) add(timeMs);
  await assert.rejects(outbox.spill(), { code: 'STORE_FULL', retryable: true });
  assert.equal(readdirSync(small.file('outbox')).length, before, 'nothing half written stays');
  assert.equal(outbox.samples, 60);
  small.free();
  await outbox.spill();
  const times: number[] = [];
  for (let batch = await outbox.first(); batch !== undefined; batch = await outbox.first()) {
    assert.ok(batch.from === 'disk');
    const { runs, gaps } = decodeSamples(zstdDecompressSync(batch.body));
    assert.deepEqual(gaps, []);
    times.push(...runs.flatMap((run) => run.times));
    await outbox.sent(batch);
  }
  assert.deepEqual(
    times,
    Array.from({ length: 60 }, (_, index) => index + 1),
  );
});

test('a backup agent that starts on a full disk speaks of its spool', { skip }, async () => {
  await using small = smallDisk(1);
  await using folder = smallDisk(1);
  const settings = folder.file('agent.config');
  writeFileSync(
    settings,
    ['serverUrl = http://127.0.0.1:9', 'groupId = g_1', 'apiKey = lfw_secret_key', `stateDir = ${small.path}/s`].join(
      '\n',
    ),
  );
  small.fill();
  const refused = await runApp(['backup-agent', '--settings', settings]);
  assert.equal(refused.status, 74, refused.stderr);
  assert.match(
    refused.stderr,
    /is full\nnext: Free disk space there.*oplog that waits there is kept\.\ncode: STORE_FULL/,
  );
  assert.doesNotMatch(refused.stderr, /samples/);
});

test('an agent that starts on a full disk says so, and starts when there is space', { skip }, async () => {
  await using small = smallDisk(1);
  await using folder = smallDisk(1);
  const settings = folder.file('agent.config');
  const lines = [
    'serverUrl = http://127.0.0.1:9',
    'groupId = g_1',
    'apiKey = lfw_secret_key',
    `stateDir = ${small.path}/s`,
  ];
  writeFileSync(settings, lines.join('\n'));
  small.fill();
  const refused = await runApp(['monitoring-agent', '--settings', settings]);
  assert.equal(refused.status, 74, refused.stderr);
  assert.match(
    refused.stderr,
    /the disk of the state directory .* is full\nnext: Free disk space there.*\ncode: STORE_FULL/,
  );
  small.free();
  await using agent = startApp(['monitoring-agent', '--settings', settings]);
  await agent.line(/monitoring agent runs/);
  assert.doesNotMatch(agent.stdout() + agent.stderr() + refused.stderr, /lfw_secret_key/);
});
