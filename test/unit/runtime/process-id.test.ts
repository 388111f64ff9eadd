import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { takeLock } from '../../../src/runtime/lock-file.ts';
import { writePidFile } from '../../../src/runtime/pid-file.ts';
import { processRuns, processStart } from '../../../src/runtime/process-id.ts';
import { endChild, startChild } from '../../support/child-process.ts';
import { eventually } from '../../support/eventually.ts';
import { tempDir } from '../../support/temp-dir.ts';

test('this process runs, one that never was does not', () => {
  assert.equal(processRuns(process.pid), true);
  assert.equal(processRuns(999_999_999), false);
  assert.equal(processStart(999_999_999), '');
  assert.equal(processStart(process.pid), processStart(process.pid));
});

test('one that has ended and that its parent never collects holds neither lock nor pid file, as in a container without init', {
  skip: process.platform !== 'linux' && 'only Linux shows this',
}, async () => {
  await using folder = tempDir();
  // The shell becomes a program that never asks for the end of its child, and only then does that end.
  const parent = startChild('sh', ['-c', 'sleep 600 & echo $!; exec sleep 600'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    assert.ok(parent.stdout);
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(line.toString());
    await eventually(() => readFileSync(`/proc/${parent.pid}/comm`, 'utf8') === 'sleep\n', {
      what: 'the other program',
    });
    process.kill(pid, 'SIGKILL');
    await eventually(() => /^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8')), { what: 'its end' });
    process.kill(pid, 0);
    assert.equal(processRuns(pid), false);
    writeFileSync(folder.file('lock'), `${pid} ${processStart(pid)}\n`);
    (await takeLock(folder.file('lock')))();
    writeFileSync(folder.file('pid'), `${pid}\n`);
    (await writePidFile(folder.file('pid')))();
  } finally {
    await endChild(parent, 'SIGKILL');
  }
});
