import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BSON } from 'mongodb';
import { documentKey } from '../../../src/blocks/document-key.ts';
import { forEachDocument } from '../../../src/query/document-block.ts';
import { QueryThreads } from '../../../src/query/query-threads.ts';
import { selectDocuments } from '../../../src/query/selection.ts';
import type { Selection } from '../../../src/wire/api/backup-reading.ts';
import { fc } from '../../support/properties.ts';
import { collectionInfo, type MemoryCollection, memorySource } from '../../support/restore-source.ts';

const raw = (document: object): Buffer => Buffer.from(BSON.serialize(document));
const signal = new AbortController().signal;
const threads = new QueryThreads();

function selected({ info, documents }: MemoryCollection, selection: Partial<Selection>) {
  const source = memorySource([{ info, documents }], { targetBytes: 4096 });
  const byKey = async (_uuid: string, key: Buffer) => documents.find((one) => documentKey(one).equals(key));
  const chunks = async (...args: Parameters<typeof source.chunks>) =>
    (await source.chunks(...args)).map((chunk) => ({ ...chunk, contentBytes: 1 }));
  const whole = { collections: source.collections, chunks, byKey };
  return selectDocuments(whole, { namespace: `${info.database}.${info.name}`, filter: {}, ...selection }, threads);
}

async function read(collection: MemoryCollection, selection: Partial<Selection>, maxBytes = 500): Promise<object[]> {
  const { chunks } = selected(collection, selection);
  const found: object[] = [];
  for (let after: Buffer | null = null; ; ) {
    const answer = await chunks(collection.info.uuid, after, maxBytes, signal);
    for (const { stored } of answer) {
      forEachDocument(stored, (bytes, start, end) => found.push(BSON.deserialize(bytes.subarray(start, end))));
    }
    const last = answer.at(-1);
    if (last === undefined) return found;
    after = last.lastKey;
  }
}

const documents = Array.from({ length: 500 }, (_, n) => ({ _id: n, n: n % 7, text: 'x'.repeat(100) }));
const orders = { info: collectionInfo('shop.orders'), documents: documents.map(raw) };
const log = { info: collectionInfo('shop.log', { capped: true }), documents: documents.toReversed().map(raw) };

test('a filter chooses documents in their order, whatever an answer may hold', async () => {
  const expected = documents.filter(({ n }) => n === 3);
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 30_000 }), async (maxBytes) => {
      assert.deepEqual(await read(orders, { filter: { n: 3 } }, maxBytes), expected);
    }),
    { numRuns: 10 },
  );
  assert.deepEqual(await read(log, { filter: { n: 3 } }), expected.toReversed());
  assert.deepEqual(await read(orders, { filter: { n: 99 } }), []);
});

test('ids choose by key, with a filter besides; in natural order they are looked for', async () => {
  const ids = [{ $numberLong: '499' }, 7, 3, 7, 1000, { $numberDouble: '4.0' }];
  const ns = async (collection: MemoryCollection, selection: Partial<Selection>) =>
    (await read(collection, selection)).map((one) => ('_id' in one ? one._id : undefined));
  assert.deepEqual(await ns(orders, { ids }), [3, 4, 7, 499]);
  assert.deepEqual(await ns(orders, { ids, filter: { n: { $gte: 3 } } }), [3, 4]);
  assert.deepEqual(await ns(orders, { ids, filter: { _id: { $lt: 5 } } }), [3, 4]);
  assert.deepEqual(await ns(orders, { filter: { _id: { $in: [5, 6] }, n: 6 } }), [6]);
  assert.deepEqual(await ns(log, { ids }), [499, 7, 4, 3]);
});

test('what holds no documents of its own cannot be chosen from', () => {
  assert.throws(() => selected(orders, { namespace: 'shop.none' }), { code: 'NOT_FOUND' });
  assert.throws(() => selected(orders, { filter: { $where: 'true' } }), { code: 'INPUT_INVALID' });
  const view = { info: collectionInfo('shop.v', { type: 'view' }), documents: [] };
  assert.throws(() => selected(view, {}), { code: 'INPUT_INVALID', hint: 'Ask the collection that it shows.' });
});
