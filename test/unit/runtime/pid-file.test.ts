import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { writePidFile } from '../../../src/runtime/pid-file.ts';
import { endChild, startChild } from '../../support/child-process.ts';
import { tempDir } from '../../support/temp-dir.ts';

test('holds the id of this process and goes away', async () => {
  await using folder = tempDir();
  const remove = await writePidFile(folder.file('pid'));
  assert.equal(readFileSync(folder.file('pid'), 'utf8'), `${process.pid}\n`);
  remove();
  assert.equal(existsSync(folder.file('pid')), false);
});

test('refuses while the process that it names runs, and takes over when that has ended', async () => {
  await using folder = tempDir();
  const child = startChild(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  writeFileSync(folder.file('pid'), `${child.pid}\n`);
  await assert.rejects(writePidFile(folder.file('pid')), { code: 'CONFLICT' });
  await endChild(child, 'SIGKILL');
  (await writePidFile(folder.file('pid')))();
});

test('a damaged file is no obstacle', async () => {
  await using folder = tempDir();
  writeFileSync(folder.file('pid'), 'rubbish');
  (await writePidFile(folder.file('pid')))();
});
