import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkDrillTarget } from '../../../src/restore/drill.ts';
import type { TargetFacts } from '../../../src/restore/target.ts';
import { memorySource } from '../../support/restore-source.ts';

const source = memorySource([], { replicaSetId: 'a'.repeat(24), sourceVersion: '6.0.5' });
const alone: TargetFacts = {
  host: 'drill:1',
  version: '6.0.5',
  featureCompatibilityVersion: '6.0',
  maxWireVersion: 17,
  isConfigServer: false,
  setName: null,
  replicaSetId: null,
};

test('a drill goes into a mongod or a replica set that is not the source and not older, and nowhere else', () => {
  const check = (changes: Partial<TargetFacts>) => () => checkDrillTarget(source, { facts: { ...alone, ...changes } });
  assert.doesNotThrow(check({}));
  assert.doesNotThrow(check({ setName: 'drill', replicaSetId: 'b'.repeat(24) }));
  for (const [changes, message] of [
    [{ setName: 'rs0', replicaSetId: 'a'.repeat(24) }, /is the replica set that was backed up/],
    [{ setName: 'rs0' }, /does not say which replica set it is/],
    [{ version: '5.0.14', featureCompatibilityVersion: '5.0' }, /the source had MongoDB 6\.0\.5/],
  ] as const) {
    assert.throws(check(changes), { code: 'TARGET_REFUSED', message });
  }
});
