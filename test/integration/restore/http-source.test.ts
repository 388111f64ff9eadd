import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BSON } from 'mongodb';
import { readBatches } from '../../../src/restore/batch-reader.ts';
import { openHttpSource } from '../../../src/restore/http-source.ts';
import type { RestoreSource } from '../../../src/restore/ports.ts';
import { ServerClient } from '../../../src/wire/client.ts';
import { collectionInfo, memorySource } from '../../support/restore-source.ts';
import { startViewServer } from '../../support/view-server.ts';

const raw = (document: object): Buffer => Buffer.from(BSON.serialize(document));
const documents = Array.from({ length: 30_000 }, (_, n) => raw({ _id: n, text: `${n}`.padStart(600, 'x') }));
const options = raw({ validator: { n: 1 }, temp: true });
const info = collectionInfo('shop.a.b', { options, indexes: [raw({ v: 2, key: { n: 1 }, name: 'n_1' })] });
const groupId = 'group';
const replicaSetId = '0123456789abcdef01234567';

async function open(url: string, nearby = false) {
  const { signal } = new AbortController();
  const client = new ServerClient({ serverUrl: url, groupId, apiKey: 'lft_test', env: {} });
  const source = await openHttpSource({ client, groupId, replicaSetId, signal, nearby }, { atMs: 1_763_719_200_000 });
  return { source, [Symbol.asyncDispose]: () => client.close() };
}

async function read(source: RestoreSource, onBatch: () => void = () => {}): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const { bytes } of readBatches(source, info.uuid, new AbortController().signal)) {
    parts.push(bytes);
    onBatch();
  }
  return Buffer.concat(parts);
}

test('a view is read over HTTP as it is', async () => {
  const memory = memorySource([{ info, documents }], { sourceVersion: '6.0.5' });
  await using server = await startViewServer(memory);
  await using opened = await open(server.url);
  const { source } = opened;
  assert.deepEqual(server.moments, [{ atMs: 1_763_719_200_000 }]);
  assert.deepEqual(source.optime, memory.optime);
  assert.equal(source.sourceVersion, '6.0.5');
  assert.deepEqual(source.collections[0]?.info, { ...info, temporary: true });
  assert.ok((await read(source)).equals(Buffer.concat(documents)));
  await using near = await open(server.url, true);
  assert.ok((await read(near.source)).equals(Buffer.concat(documents)));
  assert.deepEqual(server.moments.at(-1), { atMs: 1_763_719_200_000, nearby: true });
  await source.close();
  assert.match(server.seen.at(-1) ?? '', /^DELETE .*view-1$/);
});

test('an answer that was cut off is asked for again, nothing is missing or twice', async () => {
  await using server = await startViewServer(memorySource([{ info, documents }]));
  await using opened = await open(server.url);
  let batches = 0;
  const bytes = await read(opened.source, () => {
    if (batches++ % 3 === 0) server.cutNext();
  });
  assert.ok(bytes.equals(Buffer.concat(documents)));
});

test('a view that the server has forgotten is opened again at the very same optime', async () => {
  const memory = memorySource([{ info, documents }]);
  await using server = await startViewServer(memory);
  await using opened = await open(server.url);
  let batches = 0;
  const bytes = await read(opened.source, () => {
    if (batches++ === 2) server.forget();
  });
  assert.ok(bytes.equals(Buffer.concat(documents)));
  assert.deepEqual(server.moments.slice(1), [{ optime: '1763719200:0' }]);
});

test('what the server refuses for good is told at once', async () => {
  await using server = await startViewServer(memorySource([]));
  await using client = {
    value: new ServerClient({ serverUrl: `${server.url}/nowhere`, groupId, apiKey: 'k', env: {} }),
    [Symbol.asyncDispose]() {
      return this.value.close();
    },
  };
  const request = { path: '/views/none', timeoutMs: 60_000, signal: new AbortController().signal };
  await assert.rejects(client.value.bytes(request), { code: 'NOT_FOUND' });
});
