import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BSON } from 'mongodb';
import { unpackContent } from '../../../src/blocks/block-codec.ts';
import { BlockContent } from '../../../src/blocks/block-content.ts';
import { findDocument } from '../../../src/blocks/find-document.ts';
import { mergeDocuments, readChunks } from '../../../src/blocks/merge-documents.ts';
import { compactDeltas, compactToBase } from '../../../src/blocks/merge-runs.ts';
import type {
  ApplyUpdates,
  PatchDocument,
  RunEntry,
  RunInfo,
  RunUpdate,
  UpdateRules,
} from '../../../src/blocks/ports.ts';
import type { MergeInput } from '../../../src/blocks/run-cursor.ts';
import { keyAfter, RunReader } from '../../../src/blocks/run-reader.ts';
import { RunWriter } from '../../../src/blocks/run-writer.ts';
import { AppError } from '../../../src/runtime/errors.ts';
import { fc } from '../../support/properties.ts';
import { MemoryBlocks } from './memory-blocks.ts';
import { anyEntries, groupKey, keyOf, place, put, raw, remove, shown, update, writeRun } from './run-entries.ts';

/** Appends the update's text to the document's; refuses what is not there unless it may be missing. */
const applyOne = (
  document: Buffer | undefined,
  { update: body, upsert }: RunUpdate,
  lenient: boolean,
): Buffer | undefined => {
  const { add } = BSON.deserialize(body);
  if (document === undefined) {
    if (upsert) return raw({ _id: add, text: 'new' });
    if (lenient) return undefined;
    throw new AppError('NOT_FOUND', 'an update of nothing');
  }
  const found = BSON.deserialize(document);
  return raw({ ...found, text: `${found['text']}+${add}` });
};
const apply: ApplyUpdates = (document, updates, lenient) =>
  updates.reduce<Buffer | undefined>((now, one) => applyOne(now, one, lenient), document);
/** The same in place, but for lists of three, which it leaves to `apply`. */
const patch: PatchDocument = (document, start, updates, out, at) => {
  if (updates.length === 3) return -1;
  const oldestFirst = updates.map(({ bytes, start: from }) => bsonAt(bytes, from)).reverse();
  const lists = oldestFirst.map((bytes) => ({ update: bytes, upsert: false }));
  const result = apply(bsonAt(document, start), lists, false);
  assert.ok(result !== undefined && at + result.length <= out.length);
  return at + result.copy(out, at);
};
const bsonAt = (bytes: Buffer, start: number): Buffer => bytes.subarray(start, start + bytes.readInt32LE(start));
const rules: UpdateRules = { apply, patch, join: (updates) => updates };
const signal = new AbortController().signal;
const sizes = { targetBytes: 300, indexTargetBytes: 300 };
const small = { groupKey, ...sizes };

interface TestRun {
  readonly entries: readonly RunEntry[];
  readonly lenient: boolean;
  readonly base: boolean;
}

/** A base and deltas over it. An update of a document that is not there is left out of what is not lenient. */
const anyRuns = fc
  .tuple(
    anyEntries(40, ['put']),
    fc.array(fc.tuple(anyEntries(40, ['put', 'delete', 'update', 'update']), fc.boolean()), { maxLength: 5 }),
  )
  .map(([base, deltas]): TestRun[] => {
    const there = new Set(base.map(({ key }) => key.toString('hex')));
    const runs: TestRun[] = [{ entries: base, lenient: false, base: true }];
    for (const [entries, lenient] of deltas) {
      const kept = entries.filter((entry) => {
        const name = entry.key.toString('hex');
        if (entry.kind === 'update') return lenient || there.has(name);
        if (entry.kind === 'put') there.add(name);
        else there.delete(name);
        return true;
      });
      runs.push({ entries: kept, lenient, base: false });
    }
    return runs;
  });

/** What the runs mean, said in the plainest way. */
function model(runs: readonly TestRun[]): Map<string, string> {
  const documents = new Map<string, Buffer>();
  for (const { entries, lenient } of runs) {
    for (const { kind, key, document, updates = [] } of entries) {
      const name = key.toString('hex');
      let now = kind === 'put' ? document : documents.get(name);
      for (const one of updates) now = applyOne(now, one, lenient);
      if (kind === 'delete' || now === undefined) documents.delete(name);
      else documents.set(name, now);
    }
  }
  return new Map(
    [...documents].toSorted(([one], [two]) => (one < two ? -1 : 1)).map(([key, bytes]) => [key, text(bytes)]),
  );
}
const text = (document: Buffer): string => JSON.stringify(BSON.deserialize(document));

class Store {
  readonly blocks = new MemoryBlocks();
  async write({ entries, lenient, base }: TestRun): Promise<MergeInput> {
    return this.input(await writeRun(this.blocks, entries, sizes), lenient, base);
  }
  input(run: RunInfo, lenient: boolean, base: boolean): MergeInput {
    return { reader: new RunReader(this.blocks, run, { groupKey }), lenient, base };
  }
  async writeAll(runs: readonly TestRun[]): Promise<MergeInput[]> {
    const inputs: MergeInput[] = [];
    for (const run of runs) inputs.push(await this.write(run));
    return inputs;
  }
}

async function documents(inputs: readonly MergeInput[], from?: Buffer, to?: Buffer): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  let last: Buffer | undefined;
  for await (const { key, document } of mergeDocuments(inputs, { rules, from, to })) {
    assert.ok(last === undefined || Buffer.compare(last, key) < 0);
    last = Buffer.from(key);
    found.set(key.toString('hex'), text(document ?? Buffer.alloc(0)));
  }
  return found;
}

async function chunked(
  inputs: readonly MergeInput[],
  from?: Buffer,
  to?: Buffer,
  packed = true,
): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for await (const chunk of readChunks(inputs, { rules, packed, targetBytes: 300, from, to })) {
    const content = unpacked(chunk.stored);
    assert.deepEqual(
      [content.count, content.key(0), content.key(content.count - 1)],
      [chunk.documents, chunk.firstKey, chunk.lastKey],
    );
    for (let index = 0; index < content.count; index++) {
      found.set(content.key(index).toString('hex'), text(content.document(index)));
    }
  }
  return found;
}

function unpacked(stored: Buffer): BlockContent {
  return new BlockContent(unpackContent(stored));
}

test('a merge says what the runs say one after another: whole, in ranges, in chunks and by key', async () => {
  const bounds = fc.tuple(fc.integer({ min: -1, max: 41 }), fc.integer({ min: -1, max: 41 }));
  await fc.assert(
    fc.asyncProperty(anyRuns, bounds, async (runs, [from, to]) => {
      const inputs = await new Store().writeAll(runs);
      const expected = model(runs);
      assert.deepEqual([...(await documents(inputs))], [...expected]);
      assert.deepEqual([...(await chunked(inputs))], [...expected]);
      assert.deepEqual([...(await chunked(inputs, undefined, undefined, false))], [...expected]);
      const low = keyOf(from).toString('hex');
      const high = keyOf(to).toString('hex');
      const inside = [...expected].filter(([key]) => key >= low && key < high);
      assert.deepEqual([...(await documents(inputs, keyOf(from), keyOf(to)))], inside);
      assert.deepEqual([...(await chunked(inputs, keyOf(from), keyOf(to)))], inside);
      for (let id = 0; id <= 40; id++) {
        const found = await findDocument(inputs, keyOf(id), { apply, capped: false });
        assert.equal(found?.document && text(found.document), expected.get(keyOf(id).toString('hex')));
      }
    }),
    { numRuns: 80 },
  );
});

test('reading on after the last key of any chunk gives the rest', async () => {
  await fc.assert(
    fc.asyncProperty(anyRuns, async (runs) => {
      const inputs = await new Store().writeAll(runs);
      const expected = [...model(runs)];
      for await (const { lastKey } of readChunks(inputs, { rules, packed: true, targetBytes: 300 })) {
        const rest = expected.filter(([key]) => key > lastKey.toString('hex'));
        assert.deepEqual([...(await chunked(inputs, keyAfter(lastKey)))], rest);
      }
    }),
    { numRuns: 25 },
  );
});

test('reads are the same before and after deltas are joined and folded into the base', async () => {
  await fc.assert(
    fc.asyncProperty(anyRuns, fc.nat(4), fc.nat(4), fc.boolean(), async (runs, one, two, looks) => {
      const store = new Store();
      const inputs = await store.writeAll(runs);
      const expected = [...model(runs)];
      const first = 1 + Math.min(one, two);
      const joined = inputs.slice(first, 2 + Math.max(one, two));
      const lenient = joined[0]?.lenient ?? false;
      const same = joined.slice(0, joined.findIndex((input) => input.lenient !== lenient) >>> 0);
      const below = inputs.slice(0, first);
      const lookup = async (key: Buffer) => {
        const document = (await findDocument(below, key, { apply, capped: false }))?.document;
        return document === undefined ? undefined : { document };
      };
      const delta = await compactDeltas(same, new RunWriter(store.blocks, small), {
        rules,
        signal,
        ...(looks ? { lookup } : {}),
      });
      const after = [...below, store.input(delta, lenient, false), ...inputs.slice(first + same.length)];
      assert.deepEqual([...(await documents(after))], expected);
      const base = await compactToBase(after, new RunWriter(store.blocks, small), { rules, signal });
      const alone = [store.input(base, false, true)];
      assert.equal(base.entries, expected.length);
      assert.deepEqual([...(await documents(alone))], expected);
      assert.deepEqual([...(await chunked(alone))], expected);
    }),
    { numRuns: 80 },
  );
});

const thousand = Array.from({ length: 1000 }, (_, id) => put(id * 2, `leaf ${id}`));

test('blocks that nothing touches pass as they are stored, in chunks and in a new base', async () => {
  const store = new Store();
  const base = { entries: thousand, lenient: false, base: true };
  const touched = [update(400, ['x']), put(401, 'between'), remove(1200)];
  const inputs = await store.writeAll([base, { entries: touched, lenient: false, base: false }]);
  const [baseInput] = inputs;
  assert.ok(baseInput !== undefined);
  const old = new Set((await Array.fromAsync(baseInput.reader.refs())).map(({ id }) => id.toString('hex')));
  let passed = 0;
  let cut = 0;
  for await (const { stored } of readChunks(inputs, { rules, packed: true, targetBytes: 300 })) {
    if ([...store.blocks.blocks.values()].includes(stored)) passed++;
    else cut++;
  }
  assert.ok(passed >= old.size - 3 && cut <= 4, `${passed} of ${old.size} passed, ${cut} were cut`);

  store.blocks.reads = 0;
  const next = await compactToBase(inputs, new RunWriter(store.blocks, small), { rules, signal });
  const refs = await Array.fromAsync(store.input(next, false, true).reader.refs());
  const fresh = refs.filter(({ id }) => !old.has(id.toString('hex')));
  assert.ok(fresh.length <= 6, `${fresh.length} blocks are new`);
  const indexBlocks = [...store.blocks.blocks.keys()].length;
  assert.ok(store.blocks.reads < indexBlocks, `${store.blocks.reads} blocks were read`);
});

test('blocks keep a good size however often deltas are folded into the base', async () => {
  const store = new Store();
  let base = await store.write({ entries: thousand, lenient: false, base: true });
  for (let round = 0; round < 40; round++) {
    const touched = [
      remove((round * 97) % 2000),
      put(((round * 613) % 2000) + 0.5, 'x'.repeat(60)),
      put(5000 + round, 'new'),
    ];
    const entries = touched.toSorted((one, two) => Buffer.compare(one.key, two.key));
    const delta = await store.write({ entries, lenient: false, base: false });
    base = store.input(
      await compactToBase([base, delta], new RunWriter(store.blocks, small), { rules, signal }),
      false,
      true,
    );
  }
  const refs = await Array.fromAsync(base.reader.refs());
  const bytes = refs.map(({ contentBytes }) => contentBytes);
  assert.ok(
    bytes.slice(0, -1).every((size) => size >= 75),
    bytes.join(),
  );
  const mean = bytes.reduce((sum, size) => sum + size, 0) / bytes.length;
  assert.ok(mean > 180, `${mean} bytes on average`);
});

test('an update of what is not there is an error, unless its run is lenient or it inserts', async () => {
  const store = new Store();
  const base = { entries: [put(1, 'a')], lenient: false, base: true };
  const read = async (entries: readonly RunEntry[], lenient: boolean) => {
    const inputs = await store.writeAll([base, { entries, lenient, base: false }]);
    return [...(await documents(inputs)).values()];
  };
  await assert.rejects(read([update(2, ['x'])], false), { code: 'NOT_FOUND' });
  assert.deepEqual(await read([update(2, ['x'])], true), ['{"_id":1,"text":"a"}']);
  const upsert: RunEntry = { kind: 'update', key: keyOf(2), updates: [{ update: raw({ add: 2 }), upsert: true }] };
  assert.deepEqual(await read([upsert], false), ['{"_id":1,"text":"a"}', '{"_id":2,"text":"new"}']);
});

test('long lists of updates become the document when deltas are joined; short ones stay lists', async () => {
  const store = new Store();
  const lists = [1, 2].map((id) => Array.from({ length: 40 }, (_, i) => `${id}.${i}`));
  const delta = (words: readonly string[]): TestRun => ({
    entries: [update(1, words), update(2, ['once'])],
    lenient: false,
    base: false,
  });
  const inputs = await store.writeAll(lists.map(delta));
  const asked: string[] = [];
  const run = await compactDeltas(inputs, new RunWriter(store.blocks, small), {
    rules,
    signal,
    async lookup(key) {
      asked.push(key.toString('hex'));
      return { document: raw({ _id: 1, text: 'base' }), sequence: place(7) };
    },
  });
  const { reader } = store.input(run, false, false);
  assert.deepEqual(asked, [keyOf(1).toString('hex')]);
  const [one, two] = [await reader.get(keyOf(1)), await reader.get(keyOf(2))];
  assert.ok(one !== undefined && two !== undefined);
  assert.equal(shown(one), shown(put(1, ['base', ...lists.flat()].join('+'), 7)));
  assert.equal(shown(two), shown(update(2, ['once', 'once'])));
  const mixed = [store.input(run, true, false), store.input(run, false, false)];
  await assert.rejects(compactDeltas(mixed, new RunWriter(store.blocks, small), { rules, signal }), {
    code: 'INTERNAL',
  });
});

test('a document keeps its place in natural order when it is updated or replaced, and gets a new one when it comes back', async () => {
  const store = new Store();
  const runs: TestRun[] = [
    { entries: [put(1, 'a', 10), put(2, 'b', 11), put(3, 'c', 12)], lenient: false, base: true },
    { entries: [update(1, ['x']), put(2, 'replaced'), remove(3)], lenient: false, base: false },
    { entries: [update(2, ['y']), put(3, 'again', 20)], lenient: false, base: false },
  ];
  const expected = [put(1, 'a+x', 10), put(2, 'replaced+y', 11), put(3, 'again', 20)].map(shown);
  const inputs = await store.writeAll(runs);
  const merged = async (given: readonly MergeInput[]): Promise<string[]> =>
    (await Array.fromAsync(mergeDocuments(given, { rules }))).map(shown);
  assert.deepEqual(await merged(inputs), expected);
  const joined = await compactDeltas(inputs.slice(1), new RunWriter(store.blocks, small), { rules, signal });
  assert.deepEqual(await merged([...inputs.slice(0, 1), store.input(joined, false, false)]), expected);
  const base = await compactToBase(inputs, new RunWriter(store.blocks, small), { rules, signal });
  assert.deepEqual(await merged([store.input(base, false, true)]), expected);
  for (const [index, id] of [1, 2, 3].entries()) {
    const found = await findDocument(inputs, keyOf(id), { apply, capped: true });
    assert.equal(found && shown(found), expected[index]);
  }
});

test('a merge stops when it is told to, and a damaged block stops it', async () => {
  const store = new Store();
  const inputs = await store.writeAll([
    { entries: thousand, lenient: false, base: true },
    { entries: [remove(500)], lenient: false, base: false },
  ]);
  const stop = new AbortController();
  const stopped = compactToBase(inputs, new RunWriter(store.blocks, small), {
    rules,
    signal: stop.signal,
    onStep: () => stop.abort(),
  });
  await assert.rejects(stopped, { name: 'AbortError' });
  for (const ref of await Array.fromAsync(inputs[0]?.reader.refs() ?? [])) {
    if (Buffer.compare(ref.firstKey, keyOf(500)) > 0 || Buffer.compare(ref.lastKey, keyOf(500)) < 0) continue;
    store.blocks.blocks.set(ref.id.toString('hex'), Buffer.from('damaged'));
  }
  await assert.rejects(documents(inputs), { code: 'FORMAT_INVALID' });
});

test('documents of 16 MiB, and updates of that size, go through a merge beside small ones', async () => {
  const store = new Store();
  const large = 'x'.repeat(16 * 2 ** 20 - 200);
  const run = async (entries: readonly RunEntry[], base: boolean): Promise<MergeInput> =>
    store.input(await writeRun(store.blocks, entries), false, base);
  const inputs = [
    await run([put(1, 'a'), put(2, large), put(3, 'c')], true),
    await run([update(1, [large]), update(2, ['y'])], false),
    await run([update(1, ['z']), put(4, large)], false),
  ];
  const expected = [1 + 1 + large.length + 1 + 1, large.length + 2, 1, large.length];
  const joined = await compactDeltas(inputs.slice(1), new RunWriter(store.blocks, { groupKey }), { rules, signal });
  const base = await compactToBase(inputs, new RunWriter(store.blocks, { groupKey }), { rules, signal });
  for (const given of [
    inputs,
    [...inputs.slice(0, 1), store.input(joined, false, false)],
    [store.input(base, false, true)],
  ]) {
    const lengths: number[] = [];
    for await (const { stored } of readChunks(given, { rules, packed: true })) {
      const content = unpacked(stored);
      for (let index = 0; index < content.count; index++) {
        lengths.push(String(BSON.deserialize(content.document(index))['text']).length);
      }
    }
    assert.deepEqual(lengths, expected);
  }
});
