import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { BSON } from 'mongodb';
import { documentKey } from '../../../src/blocks/document-key.ts';
import type { RestoreSource } from '../../../src/restore/ports.ts';
import { restoreStream } from '../../../src/restore/restore-stream.ts';
import { collectionInfo, type MemoryCollection, memorySource } from '../../support/restore-source.ts';
import { oddDocuments } from '../../support/workload/odd-documents.ts';
import { readArchive, slowCrc64 } from './read-archive.ts';
import { readTar } from './read-tar.ts';

const raw = (document: object): Buffer => Buffer.from(BSON.serialize(document));
const unused = new AbortController().signal;

async function streamed(source: RestoreSource, format: 'archive' | 'tar', namespaces: string[] = []): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const bytes of restoreStream({ source, format, namespaces, signal: unused })) parts.push(bytes);
  return gunzipSync(Buffer.concat(parts));
}

/** Documents of every type, each `_id` once, in the order of their keys. */
function odd(seed: number, count: number): Buffer[] {
  const byKey = new Map(oddDocuments(seed, count).map((document) => [documentKey(document).toString('hex'), document]));
  return [...byKey].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, document]) => document);
}

const index = raw({
  v: 2,
  key: new Map([
    ['b', 1],
    ['10', -1],
  ]),
  name: 'odd order',
});
const idIndex = raw({ v: 2, key: { _id: 1 }, name: '_id_' });
const options = raw({ validator: { n: { $gte: new BSON.Double(0) } } });

function everything(): MemoryCollection[] {
  const names = ['one', 'two', 'three', 'four', 'five/with ä slash'];
  return [
    ...names.map((name, at) => ({
      info: collectionInfo(`shop.${name}`, { options, indexes: [idIndex, index] }),
      documents: odd(at + 1, 300 * (at + 1)),
    })),
    { info: collectionInfo('shop.empty'), documents: [] },
    { info: collectionInfo('shop.log', { capped: true }), documents: [raw({ _id: 2 }), raw({ _id: 1 })] },
    {
      info: collectionInfo('shop.system.buckets.weather', {
        options: raw({ timeseries: { timeField: 't' }, clusteredIndex: true }),
      }),
      documents: [raw({ _id: 1 })],
    },
    { info: collectionInfo('shop.weather', { type: 'timeseries' }), documents: [] },
    {
      info: collectionInfo('shop.view', { type: 'view', options: raw({ viewOn: 'one', pipeline: [] }) }),
      documents: [],
    },
    { info: collectionInfo('shop.tmp', { temporary: true }), documents: [raw({ _id: 1 })] },
    { info: collectionInfo('admin.system.keys'), documents: [raw({ _id: 1 })] },
    { info: collectionInfo('config.transactions'), documents: [raw({ _id: 1 })] },
  ];
}

function dataOf(collections: readonly MemoryCollection[]): Map<string, Buffer> {
  const own = collections.filter(
    ({ info }) => info.database === 'shop' && info.type === 'collection' && !info.temporary,
  );
  return new Map(own.map(({ info, documents }) => [`shop.${info.name}`, Buffer.concat(documents)]));
}

test('an archive holds every document, in order, with the checksum at its end', async () => {
  const collections = everything();
  const source = memorySource(collections, { targetBytes: 4000, sourceVersion: '6.0.5' });
  const { header, metadata, documents, ended } = readArchive(await streamed(source, 'archive'));

  assert.equal(header['server_version'], '6.0.5');
  const data = dataOf(collections);
  assert.deepEqual(new Set(ended.keys()), new Set([...data.keys(), 'shop.view']));
  for (const [namespace, bytes] of data) {
    const found = Buffer.concat(documents.get(namespace) ?? []);
    assert.ok(found.equals(bytes), namespace);
    assert.equal(ended.get(namespace), slowCrc64(bytes), namespace);
  }
  const types = metadata.map(({ collection, type }) => `${collection}: ${type}`);
  assert.ok(types.includes('weather: timeseries') && types.includes('view: view') && types.includes('one: collection'));
  const one = metadata.find(({ collection }) => collection === 'one');
  const told = String(one?.['metadata']);
  assert.match(told, /"key":\{"b":\{"\$numberInt":"1"\},"10":\{"\$numberInt":"-1"\}\}/);
  assert.match(told, /"\$gte":\{"\$numberDouble":"0.0"\}/);
});

test('a tar holds the same as files', async () => {
  const collections = everything();
  const files = readTar(await streamed(memorySource(collections, { targetBytes: 4000 }), 'tar'));
  for (const [namespace, bytes] of dataOf(collections)) {
    const path = `shop/${encodeURIComponent(namespace.slice(5))}.bson`;
    assert.ok(files.get(path)?.equals(bytes), path);
  }
  assert.match(String(files.get('shop/weather.metadata.json')), /"type":"timeseries"/);
  assert.match(String(files.get('shop/view.metadata.json')), /"viewOn":"one"/);
  assert.deepEqual(
    [...files.keys()].filter((path) => /tmp|admin|config/.test(path)),
    [],
  );
});

test('a name that no file system takes becomes a shorter one, and a long path goes into a pax header', async () => {
  const name = `${'ä'.repeat(60)}/${'x'.repeat(60)}`;
  const source = memorySource([{ info: collectionInfo(`shop.${name}`), documents: [raw({ _id: 1 })] }]);
  const [metadata, data] = [...readTar(await streamed(source, 'tar')).keys()];
  assert.match(data ?? '', /^shop\/.{208}%24[\w-]{27}\.bson$/);
  assert.match(metadata ?? '', /^shop\/.{208}%24[\w-]{27}\.metadata\.json$/);
});

test('patterns choose what is in it', async () => {
  const { ended } = readArchive(await streamed(memorySource(everything()), 'archive', ['shop.t*']));
  assert.deepEqual([...ended.keys()].toSorted(), ['shop.three', 'shop.two']);
});

test('a source that fails in the middle fails the stream: nothing looks whole', async () => {
  let answers = 0;
  const source = memorySource(everything(), {
    targetBytes: 4000,
    beforeChunks: () => {
      if (++answers > 6) throw new Error('the pack is gone');
    },
  });
  await assert.rejects(streamed(source, 'archive'), /the pack is gone/);
});
