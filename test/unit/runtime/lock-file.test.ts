import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { takeLock } from '../../../src/runtime/lock-file.ts';
import { processStart } from '../../../src/runtime/process-id.ts';
import { tempDir } from '../../support/temp-dir.ts';

test('a lock is held by one, released, and taken again; nothing else stays in the folder', async () => {
  await using folder = tempDir('lock');
  const path = folder.file('lock');
  const release = await takeLock(path);
  assert.match(readFileSync(path, 'utf8'), new RegExp(`^${process.pid} `));
  await assert.rejects(takeLock(path), { code: 'CONFLICT' });
  release();
  assert.equal(existsSync(path), false);
  (await takeLock(path))();
  assert.deepEqual(readdirSync(folder.path), []);
});

test('of many that want it at once one gets it', async () => {
  await using folder = tempDir('lock');
  const path = folder.file('lock');
  const tries = await Promise.allSettled(Array.from({ length: 8 }, () => takeLock(path)));
  assert.equal(tries.filter(({ status }) => status === 'fulfilled').length, 1);
});

test('a process that got the id of the holder later does not hold the lock', {
  skip: process.platform !== 'linux',
}, async () => {
  await using folder = tempDir('lock');
  const path = folder.file('lock');
  writeFileSync(path, `${process.ppid} ${processStart(process.ppid)}\n`);
  await assert.rejects(takeLock(path), { code: 'CONFLICT', message: new RegExp(`process ${process.ppid}`) });
  writeFileSync(path, `${process.ppid} another-boot/1\n`);
  (await takeLock(path))();
});

test('a lock of a process that is gone, and one that nobody can read, are taken over', async () => {
  await using folder = tempDir('lock');
  const path = folder.file('lock');
  for (const left of ['', 'no number', '999999999\n']) {
    writeFileSync(path, left);
    (await takeLock(path))();
  }
});
