import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { BSON } from 'mongodb';
import { documentKey } from '../../src/blocks/document-key.ts';
import { findDocument } from '../../src/blocks/find-document.ts';
import { IndexCache } from '../../src/blocks/index-cache.ts';
import { readChunks } from '../../src/blocks/merge-documents.ts';
import { compactToBase } from '../../src/blocks/merge-runs.ts';
import type {
  ApplyUpdates,
  BlockSink,
  BlockSource,
  PatchDocument,
  RunInfo,
  UpdateRules,
} from '../../src/blocks/ports.ts';
import { RunReader } from '../../src/blocks/run-reader.ts';
import { RunWriter } from '../../src/blocks/run-writer.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { openPackStore } from '../../src/storage/filesystem/pack-store.ts';
import { blockMigrations } from '../../src/storage/sqlite/block-migrations.ts';
import { openVaultDatabase } from '../../src/storage/sqlite/vault-database.ts';
import { tempDir } from '../support/temp-dir.ts';
import { quantile, reportFigure } from './report-figure.ts';

/** The store of backups alone: durable puts, a document of ten million by its key, and merges of a base with deltas. One thread. */
const groupKey = Buffer.alloc(32, 7);
const documents = Number(process.env['LEAFWARD_BENCH_DOCUMENTS'] ?? 10_000_000);
await using dir = tempDir('bench');
const database = openVaultDatabase(dir.path, [{ name: 'blocks', steps: blockMigrations }]);
const store = await openPackStore({ database, folder: join(dir.path, 'packs'), groupId: 'g', clock: systemClock });

/** Puts blocks in batches of 4 MiB, as the vault does. */
class Batches implements BlockSink, BlockSource {
  #waiting: { id: Buffer; stored: Buffer }[] = [];
  #bytes = 0;
  async put(id: Buffer, stored: Buffer): Promise<void> {
    this.#waiting.push({ id, stored });
    this.#bytes += stored.length;
    if (this.#bytes >= 4 * 2 ** 20) await this.flush();
  }
  async flush(): Promise<void> {
    await store.put(this.#waiting);
    this.#waiting = [];
    this.#bytes = 0;
  }
  read(id: Buffer): Promise<Buffer> {
    return store.read(id);
  }
}
const blocks = new Batches();
/** Seconds of CPU of all threads: what other work on the machine does not change much. */
const used = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};
const mebibytes = (bytes: number): number => Math.round(bytes / 2 ** 20);

/** A document of 120 bytes with the number as its `_id`; some of its bytes are random. */
const template = Buffer.from(
  BSON.serialize({
    _id: new BSON.ObjectId('000000000000000000000000'),
    name: 'a leaf of the tree',
    count: 0,
    noise: new BSON.Binary(Buffer.alloc(24)),
  }),
);
const idAt = 9;
const noise = randomBytes(2 ** 20);
function fill(document: Buffer, number: number): Buffer {
  document.writeUInt32BE(number, idAt + 8);
  noise.copy(
    document,
    document.length - 25,
    (number * 7919) % (noise.length - 24),
    ((number * 7919) % (noise.length - 24)) + 12,
  );
  return document;
}
const keyOf = (number: number): Buffer => documentKey(fill(Buffer.from(template), number));

async function writeBase(): Promise<RunInfo> {
  const writer = new RunWriter(blocks, { groupKey });
  const document = Buffer.from(template);
  const key = keyOf(0);
  for (let number = 0; number < documents; number++) {
    fill(document, number);
    key.writeUInt32BE(number, key.length - 4);
    const wait = writer.add({ kind: 'put', key, document });
    if (wait !== undefined) await wait;
  }
  const run = await writer.finish();
  await blocks.flush();
  return run;
}

async function writeDelta(share: number, seed: number): Promise<RunInfo> {
  const writer = new RunWriter(blocks, { groupKey });
  const step = Math.floor(1 / share);
  const update = Buffer.from(BSON.serialize({ $v: 2, diff: { u: { count: seed } } }));
  for (let number = seed % step; number < documents / 10; number += step) {
    const wait = writer.add({ kind: 'update', key: keyOf(number), updates: [{ update, upsert: false }] });
    if (wait !== undefined) await wait;
  }
  const run = await writer.finish();
  await blocks.flush();
  return run;
}

/** Changes a field of fixed width, so that what is measured is the merge and not the update. */
const countAt = template.indexOf('count') + 6;
const apply: ApplyUpdates = (document, updates) => {
  const next = Buffer.from(document ?? template);
  for (const { update } of updates) next.writeInt32LE(update.length, countAt);
  return next;
};
const patch: PatchDocument = (document, start, updates, out, at) => {
  const end = at + document.copy(out, at, start, start + document.readInt32LE(start));
  for (const update of updates) out.writeInt32LE(update.bytes.readInt32LE(update.start), at + countAt);
  return end;
};
const rules: UpdateRules = { apply, patch, join: (updates) => updates };

const random = { ids: Array.from({ length: 512 }, () => ({ id: randomBytes(32), stored: randomBytes(80 * 1024) })) };
const puts = performance.now();
for (let at = 0; at < random.ids.length; at += 64) await store.put(random.ids.slice(at, at + 64));
const putSeconds = (performance.now() - puts) / 1000;
reportFigure({
  what: 'blocks put durably',
  goal: '–',
  measured: `${Math.round(40 / putSeconds)} MiB/s`,
  remark: '512 blocks of 80 KiB in puts of 64, each synced with its index before the next',
});

let began = used();
const base = await writeBase();
const writeSeconds = used() - began;
reportFigure({
  what: 'a run written',
  goal: '–',
  measured: `${(documents / writeSeconds / 1e6).toFixed(2)} M documents/s of CPU`,
  remark: `${documents / 1e6} M documents of ${template.length} bytes: keys, hashes, zstd, packs and index; ${mebibytes(base.contentBytes)} MiB become ${mebibytes(base.storedBytes)}`,
});

const input = (run: RunInfo, isBase: boolean, cache = new IndexCache()) => ({
  reader: new RunReader(blocks, run, { groupKey, cache }),
  lenient: false,
  base: isBase,
});
const shared = new IndexCache();
const times: number[] = [];
for (let at = 0; at < 2000; at++) {
  const key = keyOf((at * 2_654_435_761) % documents);
  const from = performance.now();
  const found = await findDocument([input(base, true, shared)], key, { apply, capped: false });
  times.push(performance.now() - from);
  if (found === undefined) throw new Error('a document was not found');
}
const first: number[] = [];
for (let at = 0; at < 200; at++) {
  const from = performance.now();
  await findDocument([input(base, true)], keyOf((at * 40_503 + 17) % documents), { apply, capped: false });
  first.push(performance.now() - from);
}
reportFigure({
  what: 'a document of 10 M by its key, in the store',
  goal: '20 ms (stretch 5)',
  measured: `${quantile(times, 0.5).toFixed(2)} ms, 99 in 100 below ${quantile(times, 0.99).toFixed(2)} ms`,
  remark: `random keys, files in the kernel's cache; with no index block known: ${quantile(first, 0.5).toFixed(2)} ms`,
});

const tenth = keyOf(Math.floor(documents / 10));
async function readAll(deltas: readonly RunInfo[]): Promise<{ seconds: number; bytes: number }> {
  const from = used();
  let bytes = 0;
  const inputs = [input(base, true), ...deltas.map((run) => input(run, false))];
  for await (const chunk of readChunks(inputs, { rules, to: tenth, packed: false })) bytes += chunk.contentBytes;
  return { seconds: used() - from, bytes };
}
const alone = await readAll([]);
const evenly = [await writeDelta(0.01, 1)];
const one = await readAll(evenly);
for (let seed = 2; seed <= 50; seed++) evenly.push(await writeDelta(0.0002, seed));
const fifty = await readAll(evenly);
const speed = ({ seconds, bytes }: { seconds: number; bytes: number }): string =>
  `${Math.round(mebibytes(bytes) / seconds)} MiB/s of CPU`;
reportFigure({
  what: 'documents read in chunks: base alone, with 1% changed evenly, after 50 deltas',
  goal: '–',
  measured: `${speed(alone)}, ${speed(one)}, ${speed(fifty)}`,
  remark:
    'a base alone passes as it is stored; in the others nearly every block is opened, merged and packed again; bytes of documents',
});

const deltas = evenly.map((run) => input(run, false));
began = used();
const compacted = await compactToBase([input(base, true), ...deltas], new RunWriter(blocks, { groupKey }), {
  rules,
  signal: new AbortController().signal,
});
await blocks.flush();
reportFigure({
  what: 'compaction of 50 deltas in a tenth of the keys into a base of 10 M documents',
  goal: '–',
  measured: `${(used() - began).toFixed(1)} s of CPU`,
  remark: `${compacted.blocks} blocks, of which those in nine tenths of the keys are named as they are`,
});
await store.close();
database.close();
