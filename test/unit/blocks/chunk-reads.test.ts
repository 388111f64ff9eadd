import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ChunkReads } from '../../../src/blocks/chunk-reads.ts';
import { type DocumentChunk, readChunks } from '../../../src/blocks/merge-documents.ts';
import type { MergeInput } from '../../../src/blocks/run-cursor.ts';
import { keyAfter, RunReader } from '../../../src/blocks/run-reader.ts';
import { MemoryBlocks } from './memory-blocks.ts';
import { groupKey, put, raw, remove, writeRun } from './run-entries.ts';

const sizes = { targetBytes: 300, indexTargetBytes: 100_000 };
const rules = { apply: (): Buffer => raw({ _id: 0 }), patch: (): number => -1 };

async function collection(): Promise<{ blocks: MemoryBlocks; inputs: MergeInput[]; begin: Begin }> {
  const blocks = new MemoryBlocks();
  const base = await writeRun(
    blocks,
    Array.from({ length: 500 }, (_, id) => put(id, `leaf ${id}`)),
    sizes,
  );
  const delta = await writeRun(
    blocks,
    Array.from({ length: 50 }, (_, at) => remove(at * 10)),
    sizes,
  );
  const input = (run: typeof base, isBase: boolean): MergeInput => ({
    reader: new RunReader(blocks, run, { groupKey }),
    lenient: false,
    base: isBase,
  });
  const inputs = [input(base, true), input(delta, false)];
  return {
    blocks,
    inputs,
    begin: (after) => readChunks(inputs, { rules, packed: true, targetBytes: 300, ...fromOf(after) }),
  };
}
type Begin = (after: Buffer | null) => AsyncGenerator<DocumentChunk, void, void>;
const fromOf = (after: Buffer | null): { from?: Buffer } => (after === null ? {} : { from: keyAfter(after) });

async function readAll(reads: ChunkReads, owner: object, begin: Begin): Promise<{ documents: number; begun: number }> {
  let documents = 0;
  let begun = 0;
  for (let after: Buffer | null = null; ; ) {
    const from: Buffer | null = after;
    const chunks: DocumentChunk[] = await reads.read(owner, from, 1000, () => {
      begun++;
      return begin(from);
    });
    const last = chunks.at(-1);
    if (last === undefined) return { documents, begun };
    documents += chunks.reduce((sum, chunk) => sum + chunk.documents, 0);
    after = Buffer.from(last.lastKey);
  }
}

test('who comes back with the last key goes on without beginning anew; who comes back with another one gets the same documents', async () => {
  const { begin } = await collection();
  const reads = new ChunkReads();
  const owner = {};
  assert.deepEqual(await readAll(reads, owner, begin), { documents: 450, begun: 2 });
  const first = await reads.read(owner, null, 1, () => begin(null));
  const after = Buffer.from(first.at(-1)?.lastKey ?? '');
  const one = await reads.read(owner, after, 1, () => begin(after));
  const again = await reads.read(owner, after, 1, () => begin(after));
  assert.deepEqual(again, one);
  const none = new ChunkReads(0);
  const { documents, begun } = await readAll(none, owner, begin);
  assert.equal(documents, 450);
  assert.ok(begun > 10, `${begun}`);
});

test('the last chunk is known as such where a read comes to the end', async () => {
  const { begin } = await collection();
  const reads = new ChunkReads();
  const all = await reads.read({}, null, Number.POSITIVE_INFINITY, () => begin(null));
  assert.deepEqual([all.length > 1, ...new Set(all.slice(0, -1).map(({ isLast }) => isLast))], [true, undefined]);
  assert.equal(all.at(-1)?.isLast, true);
  const few = await reads.read({}, null, 1, () => begin(null));
  assert.equal(few.at(-1)?.isLast, undefined);
});

test('reads of several collections at once do not mix, and the oldest of too many begins anew', async () => {
  const { begin } = await collection();
  const reads = new ChunkReads(2);
  const owners = [{}, {}, {}, {}];
  const all = await Promise.all(owners.map((owner) => readAll(reads, owner, begin)));
  assert.deepEqual(
    all.map(({ documents }) => documents),
    [450, 450, 450, 450],
  );
  await reads.forget();
});

test('what is forgotten is begun anew', async () => {
  const { begin } = await collection();
  const reads = new ChunkReads();
  const owner = {};
  const [chunk] = await reads.read(owner, null, 1, () => begin(null));
  await reads.forget({});
  let begun = 0;
  const after = Buffer.from(chunk?.lastKey ?? '');
  const next = (): AsyncGenerator<DocumentChunk, void, void> => {
    begun++;
    return begin(after);
  };
  await reads.read(owner, after, 1, next);
  assert.equal(begun, 0);
  await reads.read(owner, null, 1, () => begin(null));
  await reads.forget(owner);
  await reads.read(owner, after, 1, next);
  assert.equal(begun, 1);
});

test('a few documents cost few reads, whatever the number of blocks', async () => {
  const { blocks, begin } = await collection();
  for await (const _ of begin(null)) break;
  // A step of the merge is 256 documents: about ten of these small blocks.
  assert.ok(blocks.reads <= 15, `${blocks.reads} of ${blocks.blocks.size} blocks were read`);
});
