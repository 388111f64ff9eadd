import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { test } from 'node:test';
import { bundleProgram } from '../../build/bundle.ts';
import { inputsOf, ownExecutable } from '../../build/executable.ts';
import { tempDir } from '../support/temp-dir.ts';

test('the same sources give the same bundle and the same executable, wherever it is built', async () => {
  const digests: string[] = [];
  for (const name of ['first', 'second-in-a-longer-folder']) {
    const program = await bundleProgram();
    await using folder = tempDir();
    const scratch = folder.file(name);
    mkdirSync(scratch);
    const sha256 = createHash('sha256').update(ownExecutable(program, scratch)).digest('hex');
    digests.push(`bundle ${inputsOf(program)}, executable ${sha256}`);
  }
  assert.equal(digests[0], digests[1]);
});
