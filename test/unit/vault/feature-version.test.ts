import assert from 'node:assert/strict';
import { test } from 'node:test';
import { timestampText } from '../../../src/model/optime.ts';
import { areCapsLoose } from '../../../src/vault/feature-version.ts';
import { at, groupId, replicaSetId, SourceModel, scan, settings } from './source-model.ts';
import { testEngine } from './test-engine.ts';

const versions = { uuid: '33'.repeat(16), database: 'admin', name: 'system.version' };
const orders = { uuid: '11'.repeat(16), database: 'shop', name: 'orders', documents: [{ _id: 1 }] };

test('a view says which version the source had at its moment, also where a pattern leaves out the database admin', async () => {
  await using engine = testEngine({ automatic: false, nowMs: 400_000 });
  const filter = { include: ['shop.*'], exclude: [] };
  await engine.vault.start(groupId, replicaSetId, 'rs0', { ...settings, filter });
  const source = new SourceModel();
  source.nothing(at(100));
  source.nothing(at(110));
  const documents = [
    { _id: 'authSchema', currentVersion: 5 },
    { _id: 'featureCompatibilityVersion', version: '5.0' },
  ];
  await scan(engine.vault, [{ ...versions, documents }, orders], at(100), at(105));
  source.set(at(120), 'admin.system.version', versions.uuid, 'featureCompatibilityVersion', { version: '6.0' });
  source.nothing(at(130));
  await source.send(engine.vault);
  await engine.vault.takeSnapshot(groupId, replicaSetId);
  const versionAt = async (seconds: number) => {
    const { viewId, view } = await engine.vault.openView(groupId, replicaSetId, { optime: timestampText(at(seconds)) });
    await engine.vault.closeView(viewId);
    return view.featureVersion;
  };
  assert.deepEqual([await versionAt(110), await versionAt(130)], ['5.0', '6.0']);
});

test('capped collections may pass their bounds since 6.0', () => {
  assert.deepEqual([null, '4.4', '5.0', '6.0', '7.0', '10.0'].map(areCapsLoose), [
    false,
    false,
    false,
    true,
    true,
    true,
  ]);
});
