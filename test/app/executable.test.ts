import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { bundleProgram } from '../../build/bundle.ts';
import { makeExecutable } from '../../build/executable.ts';
import { tempDir } from '../support/temp-dir.ts';

test('the same sources give the same bytes, wherever they are built', async () => {
  const digests: string[] = [];
  for (const name of ['first', 'second-in-a-longer-folder']) {
    await using folder = tempDir();
    const scratch = folder.file(name);
    mkdirSync(scratch);
    const code = await bundleProgram(`${process.platform}-${process.arch}`);
    digests.push(
      createHash('sha256')
        .update(readFileSync(makeExecutable(code, scratch)))
        .digest('hex'),
    );
  }
  assert.equal(digests[0], digests[1]);
});
