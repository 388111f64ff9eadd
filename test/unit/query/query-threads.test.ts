import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serialize } from 'bson';
import { packDocuments } from '../../../src/query/document-block.ts';
import { QueryThreads } from '../../../src/query/query-threads.ts';

const raw = (document: object): Buffer => Buffer.from(serialize(document));
const signal = new AbortController().signal;
const block = packDocuments(Array.from({ length: 100 }, (_, n) => raw({ _id: n, text: `${'a'.repeat(40)}${n}!` })));
const catastrophic = { text: { $regularExpression: { pattern: '^(a+)+$', options: '' } } };

test('what fits is answered block by block, or kept up to a limit or in an order', async () => {
  const threads = new QueryThreads();
  const all = await threads.use({ filter: { _id: { $gte: 98 } }, keep: 'all' }, signal, (look) => look.block(block));
  assert.deepEqual([all.scanned, all.fitting?.documents], [100, 2]);
  const first = await threads.use({ filter: {}, keep: { sort: undefined, limit: 3 } }, signal, async (look) => {
    const looked = await look.block(block);
    assert.deepEqual([looked.scanned, looked.isFull, looked.fitting], [4, true, null]);
    return look.end();
  });
  assert.deepEqual([first.documents.length, first.more], [3, true]);
  const best = await threads.use({ filter: {}, keep: { sort: { _id: -1 }, limit: 1 } }, signal, async (look) => {
    await look.block(block);
    return look.end();
  });
  assert.deepEqual(best.documents, [raw({ _id: 99, text: `${'a'.repeat(40)}99!` })]);
});

test('a pattern that would take for ever is ended, this thread goes on meanwhile, and others get their answers', async () => {
  const threads = new QueryThreads({ lookMs: 2000, mostThreads: 2 });
  let turns = 0;
  const ticking = setInterval(() => turns++, 10);
  const hanging = assert.rejects(
    threads.use({ filter: catastrophic, keep: 'all' }, signal, (look) => look.block(block)),
    { code: 'INPUT_INVALID', message: /took more than 2 s/ },
  );
  const other = threads.use({ filter: { _id: 7 }, keep: 'all' }, signal, (look) => look.block(block));
  assert.equal((await other).fitting?.documents, 1);
  await hanging;
  clearInterval(ticking);
  assert.ok(turns > 10, `${turns} turns of the event loop meanwhile`);
  const after = await threads.use({ filter: {}, keep: 'all' }, signal, (look) => look.block(block));
  assert.equal(after.fitting?.documents, 100);
});

test('whoever goes away ends the search, and one that waited for its turn passes it on', async () => {
  const threads = new QueryThreads({ lookMs: 60_000, mostThreads: 1 });
  const gone = new AbortController();
  const never = new AbortController();
  const hanging = threads.use({ filter: catastrophic, keep: 'all' }, gone.signal, (look) => look.block(block));
  const impatient = threads.use({ filter: {}, keep: 'all' }, never.signal, (look) => look.block(block));
  const patient = threads.use({ filter: {}, keep: 'all' }, signal, (look) => look.block(block));
  never.abort(new Error('not any more'));
  await assert.rejects(impatient, /not any more/);
  gone.abort(new Error('gone'));
  await assert.rejects(hanging, /gone/);
  assert.equal((await patient).fitting?.documents, 100);
});

test('a filter that is none says what is wrong, and the thread is used again', async () => {
  const threads = new QueryThreads();
  const wrong = threads.use({ filter: { $where: 'true' }, keep: 'all' }, signal, (look) => look.block(block));
  await assert.rejects(wrong, { code: 'INPUT_INVALID', message: 'filter: $where cannot be used here' });
  const damaged = threads.use({ filter: {}, keep: 'all' }, signal, (look) => look.block(Buffer.from('no block')));
  await assert.rejects(damaged, { code: 'FORMAT_INVALID' });
});
