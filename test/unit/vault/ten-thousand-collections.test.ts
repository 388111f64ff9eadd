import assert from 'node:assert/strict';
import { test } from 'node:test';
import { updateRules } from '../../../src/oplog/update-rules.ts';
import { Folder } from '../../../src/vault/folder.ts';
import { at, documentsOf, groupId, replicaSetId, SourceModel, scan, settings } from './source-model.ts';
import { testEngine } from './test-engine.ts';

const many = 10_000;
const { signal } = new AbortController();

test('10,000 collections, every tenth of them empty: two snapshots, and any of them back', async () => {
  await using engine = testEngine({ automatic: false, nowMs: 120_000 });
  const source = new SourceModel();
  await engine.vault.start(groupId, replicaSetId, 'rs0', settings);
  source.nothing(at(100));
  source.nothing(at(110));
  const collections = Array.from({ length: many }, (_, index) => ({
    uuid: index.toString(16).padStart(32, '0'),
    database: `shop${index % 100}`,
    name: `orders${index}`,
    documents: index % 10 === 0 ? [] : [{ _id: 0, n: index }],
  }));
  await scan(engine.vault, collections, at(100), at(110));
  await source.send(engine.vault);
  const folder = new Folder(engine.stores, updateRules);
  await folder.fold(replicaSetId, { all: false, snapshot: null, signal });
  for (const [index, { uuid, database, name }] of collections.entries()) {
    if (index % 10 !== 0) source.set(at(111, index + 1), `${database}.${name}`, uuid, 0, { n: -index });
  }
  await source.send(engine.vault);
  engine.clock.nowMs = 112_000;
  await engine.vault.takeSnapshot(groupId, replicaSetId);
  for (const [second, sign] of [
    [110, 1],
    [111, -1],
  ] as const) {
    const optime = `${second}:${second === 110 ? 1 : many}`;
    const { viewId, view } = await engine.vault.openView(groupId, replicaSetId, { optime });
    assert.equal(view.collections.length, many);
    for (let index = 0; index < many; index += 97) {
      const { uuid } = collections[index] ?? { uuid: '' };
      const found = (await documentsOf(engine.vault, viewId, uuid)).map((document) => document?.['n']);
      assert.deepEqual(found, index % 10 === 0 ? [] : [sign * index]);
    }
    await engine.vault.closeView(viewId);
  }
});
