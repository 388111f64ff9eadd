import assert from 'node:assert/strict';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { endChild, startChildGuard } from '../../../src/cli/child-guard.ts';
import { endChild as endTestChild, startChild } from '../../support/child-process.ts';
import { eventually } from '../../support/eventually.ts';
import { tempDir } from '../../support/temp-dir.ts';

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test('children and the folder go when the program is killed', async () => {
  await using folder = tempDir();
  const doomed = folder.file('doomed');
  mkdirSync(doomed);
  const module = pathToFileURL(join(import.meta.dirname, '../../../src/cli/child-guard.ts')).href;
  const script = `import { startChildGuard } from ${JSON.stringify(module)};
    const guard = startChildGuard(${JSON.stringify(doomed)});
    const [a, b] = [await guard.start('sleep', ['600'], { stdio: 'ignore' }), await guard.start('sleep', ['600'], { stdio: 'ignore' })];
    console.log(a.pid, b.pid);
    setInterval(() => {}, 1000);`;
  const parent = startChild(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  parent.stdout?.on('data', (part: Buffer) => {
    text += String(part);
  });
  await eventually(() => text.endsWith('\n'), { what: 'the pids' });
  const pids = text.trim().split(' ').map(Number);
  assert.equal(pids.length, 2);
  assert.ok(pids.every(runs));
  await endTestChild(parent, 'SIGKILL');
  await eventually(() => !pids.some(runs) && !existsSync(doomed), { what: 'the end of the children and the folder' });
});

test('a child that ended is off the list, and the guard goes with the last', async () => {
  const guard = startChildGuard();
  const child = await guard.start('sleep', ['600'], { stdio: 'ignore' });
  const { pid = 0 } = child;
  await endChild(child, 1000);
  assert.equal(runs(pid), false);
  await guard.close();
});

test('a program that is not there says so', async () => {
  const guard = startChildGuard();
  await assert.rejects(guard.start('/no/such/program', [], {}), /cannot be started/);
  await guard.close();
});
