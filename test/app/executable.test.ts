import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { bundleProgram } from '../../build/bundle.ts';
import { inputsOf, makeExecutable } from '../../build/executable.ts';
import { tempDir } from '../support/temp-dir.ts';

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

test('the same sources give the same bundle', async () => {
  assert.equal(inputsOf(await bundleProgram()), inputsOf(await bundleProgram()));
});

test('the same bundle gives the same executable, wherever it is built', async () => {
  const program = await bundleProgram();
  const digests: string[] = [];
  for (const name of ['first', 'second-in-a-longer-folder']) {
    await using folder = tempDir();
    const scratch = folder.file(name);
    mkdirSync(scratch);
    digests.push(sha256(readFileSync(makeExecutable(program, scratch))));
  }
  assert.equal(digests[0], digests[1]);
});
