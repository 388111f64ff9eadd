import assert from 'node:assert/strict';
import { test } from 'node:test';
import { timestampText } from '../../../src/model/optime.ts';
import { updateRules } from '../../../src/oplog/update-rules.ts';
import { collectGroup } from '../../../src/vault/collect.ts';
import { Compactor } from '../../../src/vault/compactor.ts';
import { Folder } from '../../../src/vault/folder.ts';
import { retain } from '../../../src/vault/retain.ts';
import { fc } from '../../support/properties.ts';
import { at, type Doc, documentsOf, groupId, replicaSetId, SourceModel, scan, settings } from './source-model.ts';
import { type TestEngine, testEngine } from './test-engine.ts';

/** A source of a few small collections, and what it held at every moment. */
class ModelSource extends SourceModel {
  readonly collections = new Map<string, { ns: string; documents: Map<number, Doc> }>();
  readonly moments: { readonly ts: bigint; readonly state: ReadonlyMap<string, readonly Doc[]> }[] = [];
  #seconds = 100;
  #created = 0;

  next(): bigint {
    return at(++this.#seconds);
  }
  get last(): bigint {
    return at(this.#seconds);
  }
  create(name: string): string {
    const uuid = (++this.#created).toString(16).padStart(32, '0');
    this.command(this.next(), 'shop', { create: name, idIndex: { v: 2, key: { _id: 1 }, name: '_id_' } }, uuid);
    this.collections.set(uuid, { ns: `shop.${name}`, documents: new Map() });
    return uuid;
  }
  note(): void {
    const state = [...this.collections.values()].map(({ ns, documents }) => [ns, sorted(documents)] as const);
    this.moments.push({ ts: this.last, state: new Map(state.sort(([a], [b]) => (a < b ? -1 : 1))) });
  }
}

const sorted = (documents: ReadonlyMap<number, Doc>) =>
  [...documents.values()].sort((a, b) => Number(a['_id']) - Number(b['_id']));

/** Of changes in memory: all of a fold, or so few that each slice becomes runs of its own. */
const heldBytes = fc.constantFrom(2 ** 26, 2000, 1);
const id = fc.integer({ min: 0, max: 11 });
const step = fc.oneof(
  { weight: 12, arbitrary: fc.record({ kind: fc.constant('write' as const), which: fc.nat(5), id, n: fc.nat(1000) }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('delete' as const), which: fc.nat(5), id }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('replace' as const), which: fc.nat(5), id, n: fc.nat(1000) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('hot' as const), which: fc.nat(5), id }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('transaction' as const), which: fc.nat(5), id, n: fc.nat(1000) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('create' as const), name: fc.constantFrom('a', 'b', 'c', 'd') }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('drop' as const), which: fc.nat(5) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('rename' as const),
      which: fc.nat(5),
      name: fc.constantFrom('e', 'f', 'a'),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('send' as const) }) },
  { weight: 7, arbitrary: fc.record({ kind: fc.constant('snapshot' as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('compact' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('collect' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function change(source: ModelSource, step: Step): void {
  if (step.kind === 'create') {
    if ([...source.collections.values()].some(({ ns }) => ns === `shop.${step.name}`)) return;
    source.create(step.name);
    return source.note();
  }
  if (!('which' in step)) return;
  const [uuid, collection] = [...source.collections][step.which % Math.max(1, source.collections.size)] ?? [];
  if (uuid === undefined || collection === undefined) return;
  const { ns, documents } = collection;
  if (step.kind === 'drop') {
    source.command(source.next(), 'shop', { drop: ns.slice(5) }, uuid);
    source.collections.delete(uuid);
  } else if (step.kind === 'rename') {
    if ([...source.collections.values()].some((other) => other.ns === `shop.${step.name}`)) return;
    source.command(source.next(), 'shop', { renameCollection: ns, to: `shop.${step.name}`, stayTemp: false }, uuid);
    collection.ns = `shop.${step.name}`;
  } else if (step.kind === 'transaction') {
    const fresh = { _id: step.id + 100, n: step.n };
    const op = documents.has(fresh._id)
      ? { op: 'd', ns, ui: source.uuid(uuid), o: { _id: fresh._id } }
      : { op: 'i', ns, ui: source.uuid(uuid), o: fresh, o2: { _id: fresh._id } };
    source.command(source.next(), 'admin', { applyOps: [op] });
    if (!documents.delete(fresh._id)) documents.set(fresh._id, fresh);
  } else document(source, step, { uuid, ns, documents });
  source.note();
}

function document(
  source: ModelSource,
  step: Extract<Step, { id: number }>,
  on: { uuid: string; ns: string; documents: Map<number, Doc> },
) {
  const { uuid, ns, documents } = on;
  const known = documents.get(step.id);
  if (step.kind === 'delete') {
    if (known === undefined) return;
    source.delete(source.next(), ns, uuid, step.id);
    documents.delete(step.id);
  } else if (known === undefined) {
    const fresh = { _id: step.id, n: 'n' in step ? step.n : 0 };
    source.insert(source.next(), ns, uuid, fresh);
    documents.set(step.id, fresh);
  } else if (step.kind === 'replace') {
    const fresh = { _id: step.id, r: step.n };
    source.push(source.next(), { op: 'u', ns, ui: source.uuid(uuid), o: fresh, o2: { _id: step.id } });
    documents.set(step.id, fresh);
  } else if (step.kind === 'write') {
    source.set(source.next(), ns, uuid, step.id, { n: step.n });
    documents.set(step.id, { ...known, n: step.n });
  } else {
    for (let count = 0; count < 70; count++) source.set(source.next(), ns, uuid, step.id, { hot: count });
    documents.set(step.id, { ...known, hot: 69 });
  }
}

async function work(engine: TestEngine, source: ModelSource, step: Step): Promise<void> {
  const { metadata, stores } = engine;
  const signal = new AbortController().signal;
  const [set] = metadata.sets();
  if (set === undefined) throw new Error('the set is gone');
  if (step.kind === 'send') await source.send(engine.vault);
  else if (step.kind === 'snapshot') {
    await source.send(engine.vault);
    await engine.vault.takeSnapshot(groupId, replicaSetId);
  } else if (step.kind === 'compact') {
    const compactor = new Compactor(stores, updateRules);
    for (let next = compactor.due(set)[0]; next !== undefined; next = compactor.due(set)[0])
      await compactor.run(set, next, signal);
  } else if (step.kind === 'collect') {
    await retain(stores, set, new Set());
    await collectGroup(stores, groupId, signal);
  } else if (step.kind === 'restart') await engine.restart();
}

async function stateAt(engine: TestEngine, moment: { optime: string } | { snapshotId: string }) {
  const { viewId, view } = await engine.vault.openView(groupId, replicaSetId, moment);
  const found = new Map<string, readonly Doc[]>();
  for (const { info, documents: counted } of view.collections.toSorted((a, b) =>
    a.info.name < b.info.name ? -1 : 1,
  )) {
    const documents = await documentsOf(engine.vault, viewId, info.uuid, 200);
    assert.equal(counted, documents.length, 'what the runs say of the number of documents');
    found.set(`${info.database}.${info.name}`, documents);
  }
  await engine.vault.closeView(viewId);
  return found;
}

async function protectedEngine(heldBytes: number): Promise<{ engine: TestEngine; source: ModelSource }> {
  const engine = testEngine({ nowMs: 200_000, automatic: false, heldBytes });
  const source = new ModelSource();
  await engine.vault.start(groupId, replicaSetId, 'rs0', settings);
  const from = source.next();
  source.nothing(from);
  const uuid = source.create('a');
  const documents = [1, 2, 3, 4].map((number) => ({ _id: number, n: 0 }));
  for (const one of documents) source.collections.get(uuid)?.documents.set(one._id, one);
  const until = source.next();
  source.nothing(until);
  source.note();
  await scan(engine.vault, [{ uuid, database: 'shop', name: 'a', documents }], from, until);
  await source.send(engine.vault);
  await new Folder(engine.stores, updateRules).fold(replicaSetId, {
    all: false,
    snapshot: null,
    signal: new AbortController().signal,
  });
  return { engine, source };
}

test('folds, merges, compaction, retention and collection read as a plain model does, at every moment', {
  timeout: 240_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 90, size: 'max' }), heldBytes, async (steps, held) => {
      const { engine, source } = await protectedEngine(held);
      await using _ = engine;
      for (const one of steps) {
        change(source, one);
        await work(engine, source, one);
      }
      source.nothing(source.next());
      source.note();
      await source.send(engine.vault);
      const every = Math.ceil(source.moments.length / 6);
      for (const { ts, state } of source.moments.filter(
        (_, index) => index % every === 0 || index === source.moments.length - 1,
      )) {
        assert.deepEqual(await stateAt(engine, { optime: timestampText(ts) }), state, timestampText(ts));
      }
      for (const snapshot of await engine.vault.snapshots(groupId, replicaSetId)) {
        const { state } =
          source.moments.findLast(
            ({ ts }) => timestampText(ts) === snapshot.optime.ts || ts <= BigInt(snapshot.atMs / 1000 + 1) << 32n,
          ) ?? {};
        assert.deepEqual(await stateAt(engine, { snapshotId: snapshot.id }), state, snapshot.optime.ts);
      }
    }),
    { numRuns: Number(process.env['LEAFWARD_TEST_RUNS'] ?? 12) },
  );
});
