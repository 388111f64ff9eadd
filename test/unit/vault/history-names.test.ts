import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BSON } from 'bson';
import { documentKey } from '../../../src/blocks/document-key.ts';
import { timestampText } from '../../../src/model/optime.ts';
import { updateRules } from '../../../src/oplog/update-rules.ts';
import { Compactor } from '../../../src/vault/compactor.ts';
import { Folder } from '../../../src/vault/folder.ts';
import { fc } from '../../support/properties.ts';
import { at, documentsOf, groupId, replicaSetId, SourceModel, scan, settings } from './source-model.ts';
import { type TestEngine, testEngine } from './test-engine.ts';

const signal = new AbortController().signal;
const keyOf = (_id: number) => documentKey(Buffer.from(BSON.serialize({ _id })));
const uuidOf = (n: number) => n.toString(16).padStart(32, 'a');
const names = ['a', 'b', 'c'] as const;
type Name = (typeof names)[number];
const ids = [1, 2] as const;
type Document = { readonly _id: number; readonly n: number };
type Version = readonly [second: number, kind: string, cause: string, n: number | null];

interface Collection {
  readonly uuid: string;
  readonly documents: Map<number, Document>;
}

/** Collections by name, and what each name showed of each document from second to second. */
class Model {
  readonly source: SourceModel;
  readonly collections = new Map<Name, Collection>();
  readonly versions = new Map<string, Version[]>();
  second = 110;
  made = 0;

  constructor(source: SourceModel) {
    this.source = source;
    for (const name of ['a', 'b'] as const) {
      const documents = new Map(ids.map((_id) => [_id, { _id, n: ++this.made }]));
      this.collections.set(name, { uuid: uuidOf(++this.made), documents });
    }
  }

  run(step: Step): void {
    const { kind, name, other, id } = step;
    const found = this.collections.get(name);
    const ts = at(++this.second);
    const ns = `shop.${name}`;
    const before = this.shown();
    if (kind === 'create' && found === undefined) {
      const uuid = uuidOf(++this.made);
      this.source.command(ts, 'shop', { create: name, idIndex: { v: 2, key: { _id: 1 }, name: '_id_' } }, uuid);
      this.collections.set(name, { uuid, documents: new Map() });
    } else if (kind === 'drop' && found !== undefined) {
      this.source.command(ts, 'shop', { drop: name }, found.uuid);
      this.collections.delete(name);
      this.note(before, 'drop');
    } else if (kind === 'rename' && found !== undefined && name !== other) {
      const target = this.collections.get(other);
      const dropTarget = target === undefined ? {} : { dropTarget: this.source.uuid(target.uuid) };
      this.source.command(ts, 'shop', { renameCollection: ns, to: `shop.${other}`, ...dropTarget }, found.uuid);
      this.collections.delete(name);
      this.collections.set(other, found);
      this.note(before, 'rename');
    } else if (kind === 'write' && found !== undefined) {
      const n = ++this.made;
      if (found.documents.has(id)) this.source.set(ts, ns, found.uuid, id, { n });
      else this.source.insert(ts, ns, found.uuid, { _id: id, n });
      found.documents.set(id, { _id: id, n });
      this.note(before, 'write');
    } else if (kind === 'delete' && found?.documents.delete(id) === true) {
      this.source.delete(ts, ns, found.uuid, id);
      this.note(before, 'write');
    } else this.source.nothing(ts);
  }

  shown(): Map<string, Document | undefined> {
    const places = names.flatMap((name) => ids.map((id) => [name, id] as const));
    return new Map(places.map(([name, id]) => [`${name} ${id}`, this.collections.get(name)?.documents.get(id)]));
  }

  note(before: ReadonlyMap<string, Document | undefined>, cause: string): void {
    for (const [place, after] of this.shown()) {
      const was = before.get(place);
      if (was?.n === after?.n) continue;
      const kind = after === undefined ? 'delete' : was === undefined ? 'insert' : 'update';
      this.versions.set(place, [...(this.versions.get(place) ?? []), [this.second, kind, cause, after?.n ?? null]]);
    }
  }
}

const step = fc.record({
  kind: fc.constantFrom('create', 'drop', 'rename', 'rename', 'rename', 'write', 'write', 'delete', 'fold', 'compact'),
  name: fc.constantFrom(...names),
  other: fc.constantFrom(...names),
  id: fc.constantFrom(...ids),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** An engine whose oldest point is at 110: `a` and `b` are there, `c` is not. */
async function begun(engine: TestEngine): Promise<Model> {
  const source = new SourceModel();
  const model = new Model(source);
  await engine.vault.start(groupId, replicaSetId, 'rs0', settings);
  source.nothing(at(100));
  source.nothing(at(110));
  const collections = [...model.collections].map(([name, { uuid, documents }]) => ({
    ...{ uuid, name, database: 'shop' },
    documents: [...documents.values()],
  }));
  await scan(engine.vault, collections, at(100), at(110));
  await fold(engine, model);
  return model;
}

async function fold(engine: TestEngine, model: Model): Promise<void> {
  await model.source.send(engine.vault);
  const folder = new Folder(engine.stores, updateRules);
  await folder.fold(replicaSetId, { all: true, snapshot: null, signal });
}

async function compact(engine: TestEngine): Promise<void> {
  const [set] = engine.metadata.sets();
  assert.ok(set !== undefined);
  const compactor = new Compactor(engine.stores, updateRules);
  for (let next = compactor.due(set)[0]; next !== undefined; next = compactor.due(set)[0])
    await compactor.run(set, next, signal);
}

async function historyOf(engine: TestEngine, name: Name, id: number): Promise<Version[]> {
  const { versions, exactFrom } = await engine.vault.history(groupId, replicaSetId, `shop.${name}`, keyOf(id), 500);
  assert.equal(exactFrom?.ts, at(110));
  return versions
    .filter(({ exact }) => exact)
    .map(({ optime, kind, cause, document }) => [
      Number((optime?.ts ?? 0n) >> 32n),
      kind,
      String(cause),
      document === null ? null : Number(BSON.deserialize(document)['n']),
    ]);
}

async function check(steps: readonly Step[]): Promise<void> {
  await using engine = testEngine({ automatic: false, nowMs: 400_000 });
  const model = await begun(engine);
  for (const one of steps) {
    if (one.kind === 'fold') await fold(engine, model);
    else if (one.kind === 'compact') await compact(engine);
    else model.run(one);
  }
  await model.source.send(engine.vault);
  for (const name of names) {
    for (const id of ids) {
      assert.deepEqual(await historyOf(engine, name, id), model.versions.get(`${name} ${id}`) ?? [], `${name} ${id}`);
    }
  }
}

const move = (name: Name, other: Name): Step => ({ kind: 'rename', name, other, id: 1 });
const fresh: Step = { kind: 'fold', name: 'a', other: 'a', id: 1 };

test('names that are swapped and back between two points leave nothing out of a history', async () => {
  const swap = [move('a', 'c'), move('b', 'a'), move('c', 'b')];
  const write: Step = { kind: 'write', name: 'a', other: 'a', id: 1 };
  await check([...swap, write, ...swap, fresh, write, fresh]);
  // A collection that is written under another name first: what $out does.
  const made: Step = { kind: 'create', name: 'c', other: 'c', id: 1 };
  const there: Step = { kind: 'write', name: 'c', other: 'c', id: 1 };
  await check([made, there, there, move('c', 'a'), write, fresh]);
});

test('a name that was dropped and made anew shows at each moment the documents of then', async () => {
  await using engine = testEngine({ automatic: false, nowMs: 400_000 });
  const model = await begun(engine);
  const first = model.collections.get('a')?.uuid ?? '';
  const step = (kind: Step['kind']): void => model.run({ kind, name: 'a', other: 'a', id: 1 });
  for (const kind of ['write', 'drop', 'create', 'write'] as const) step(kind);
  await fold(engine, model);
  const second = model.collections.get('a')?.uuid ?? '';
  const found = async (moment: number) => {
    const optime = timestampText(at(moment));
    const { viewId, view } = await engine.vault.openView(groupId, replicaSetId, { optime });
    const info = view.collections.find((one) => one.info.name === 'a')?.info;
    const documents = info === undefined ? [] : await documentsOf(engine.vault, viewId, info.uuid);
    await engine.vault.closeView(viewId);
    return [info?.uuid, documents.length];
  };
  assert.deepEqual(await Promise.all([111, 112, 113, 114].map(found)), [
    [first, 2],
    [undefined, 0],
    [second, 0],
    [second, 1],
  ]);
});

test('whatever is renamed, made, dropped, written and folded, a history is what was to be seen', async () => {
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), check), {
    numRuns: Number(process.env['LEAFWARD_HISTORY_RUNS'] ?? 15),
  });
});
