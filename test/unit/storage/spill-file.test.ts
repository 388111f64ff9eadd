import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { test } from 'node:test';
import { SpillFile } from '../../../src/storage/filesystem/spill-file.ts';
import { tempDir } from '../../support/temp-dir.ts';

const megabyte = 2 ** 20;

/** What stands in the files of a folder that this process has open, without a name too. */
function onDisk(folder: string): readonly Buffer[] {
  return readdirSync('/proc/self/fd')
    .map((name) => `/proc/self/fd/${name}`)
    .filter((path) => pathOf(path).startsWith(folder))
    .map((path) => readFileSync(path));
}

function pathOf(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    return '';
  }
}

test('what is held comes back, in memory or on disk, where it cannot be read and has no name', async () => {
  await using dir = tempDir('spill');
  const file = new SpillFile(dir.path);
  const sentence = Buffer.from('a very private sentence');
  const pieces = Array.from({ length: 12 }, (_, at) =>
    Buffer.concat([sentence, randomBytes(megabyte + at * 1000), Buffer.from([at])]),
  );
  const held = pieces.map((piece) => file.hold(piece));
  for (const [at, one] of held.entries()) {
    assert.equal(one.length, pieces[at]?.length);
    assert.ok(one.read().equals(pieces[at] ?? Buffer.alloc(0)), `piece ${at}`);
  }
  assert.deepEqual(readdirSync(dir.path), []);
  if (process.platform === 'linux') {
    const [bytes = Buffer.alloc(0), ...others] = onDisk(dir.path);
    assert.equal(others.length, 0);
    assert.ok(bytes.length > 3 * megabyte && bytes.length < 7 * megabyte, `${bytes.length} bytes on disk`);
    assert.ok(!bytes.includes(sentence));
  }
  for (const one of held) one.release();
  if (process.platform === 'linux') assert.equal(onDisk(dir.path)[0]?.length, 0, 'its space is given back');
  const again = file.hold(randomBytes(9 * megabyte));
  assert.equal(again.read().length, 9 * megabyte);
});
