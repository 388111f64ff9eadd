import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { writeFileAtomically } from '../../../src/runtime/atomic-file.ts';
import { tempDir } from '../../support/temp-dir.ts';

test('replaces the file, is only readable by its owner, and leaves nothing beside it', async () => {
  await using folder = tempDir();
  writeFileSync(folder.file('state'), 'old', { mode: 0o644 });
  await writeFileAtomically(folder.file('state'), 'new');
  assert.equal(readFileSync(folder.file('state'), 'utf8'), 'new');
  assert.equal(statSync(folder.file('state')).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(folder.path), ['state']);
});

test('a write that fails leaves the old file', async () => {
  await using folder = tempDir();
  await assert.rejects(writeFileAtomically(folder.file('no-such-folder/state'), 'new'));
  assert.deepEqual(readdirSync(folder.path), []);
});
