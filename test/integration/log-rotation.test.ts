import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { serviceFile, usualPlace } from '../../src/runtime/service-files.ts';
import { endChild, findOnPath, startChild } from '../support/child-process.ts';
import { eventually } from '../support/eventually.ts';
import { type TempDir, tempDir } from '../support/temp-dir.ts';

const perSecond = 1000;
const program = join(import.meta.dirname, '..', 'support', 'log-writer-main.ts');
const windows = process.platform === 'win32' && 'Windows has no SIGHUP';

interface Writer extends AsyncDisposable {
  readonly child: ChildProcess;
  reopened(): number;
  /** Lets it write its lines to the end; how many they are. */
  finished(): Promise<number>;
}

async function startWriter(path: string, lines: number, maxSize: number): Promise<Writer> {
  const child = startChild(process.execPath, [program, path, String(lines), String(perSecond), String(maxSize)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout?.setEncoding('utf8').on('data', (part: string) => {
    said += part;
  });
  await eventually(() => said.includes('ready'), { what: 'the writer' });
  return {
    child,
    reopened: () => said.match(/reopened/g)?.length ?? 0,
    async finished() {
      const closed = once(child, 'close');
      child.stdin?.end();
      const [status] = (await closed) as [number];
      assert.equal(status, 0);
      return Number(/wrote (\d+)/.exec(said)?.[1]);
    },
    [Symbol.asyncDispose]: () => endChild(child, 'SIGKILL'),
  };
}

function numbersIn(folder: TempDir): number[] {
  const texts = readdirSync(folder.path)
    .filter((name) => name.startsWith('agent.log'))
    .map((name) => readFileSync(folder.file(name)))
    .map((bytes) => (bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes).toString());
  const lines = texts.join('').split('\n').slice(0, -1);
  return lines
    .map((line) => Number(/INFO {2}line number=(\d+)$/.exec(line)?.[1] ?? Number.NaN))
    .toSorted((a, b) => a - b);
}

const all = (lines: number): number[] => Array.from({ length: lines }, (_, index) => index);

test('own rotation: 1,000 lines a second through more than three rotations, none lost', async () => {
  await using folder = tempDir();
  await using writer = await startWriter(folder.file('agent.log'), 3000, 40 * 1024);
  const lines = await writer.finished();
  assert.ok(lines >= 3000);
  assert.ok(readdirSync(folder.path).length > 3);
  assert.deepEqual(numbersIn(folder), all(lines));
});

test('a file that is moved away, and SIGHUP: 1,000 lines a second through three rotations, none lost', {
  skip: windows,
}, async () => {
  await using folder = tempDir();
  const path = folder.file('agent.log');
  await using writer = await startWriter(path, 1000, 2 ** 30);
  for (const rotation of [1, 2, 3]) {
    await eventually(() => existsSync(path) && statSync(path).size > 20_000, { what: 'a part of the log' });
    renameSync(path, `${path}.${rotation}`);
    writer.child.kill('SIGHUP');
    await eventually(() => writer.reopened() === rotation, { what: 'the log opened again' });
  }
  const lines = await writer.finished();
  for (const rotation of [1, 2, 3]) assert.ok(statSync(`${path}.${rotation}`).size > 20_000);
  assert.ok(statSync(path).size > 0);
  assert.deepEqual(numbersIn(folder), all(lines));
});

const logrotate = findOnPath('logrotate') ?? (existsSync('/usr/sbin/logrotate') ? '/usr/sbin/logrotate' : undefined);
const isRoot = process.getuid?.() === 0;
const noLogrotate =
  logrotate === undefined ? 'logrotate is not installed' : !isRoot && 'only root may become another user';

test('logrotate with the file that ships: 1,000 lines a second through three rotations, none lost', {
  skip: noLogrotate,
}, async () => {
  await using folder = tempDir();
  const path = folder.file('agent.log');
  await using writer = await startWriter(path, 1000, 2 ** 30);
  writeFileSync(folder.file('agent.pid'), `${writer.child.pid}\n`);
  const shipped = await serviceFile('logrotate', 'monitoring-agent', {
    ...usualPlace('monitoring-agent'),
    user: 'root',
  });
  const here = shipped
    .replace('/var/log/leafward/monitoring-agent.log', path)
    .replaceAll('/run/leafward/monitoring-agent.pid', folder.file('agent.pid'))
    .replace('[ -d /run/systemd/system ]', 'false');
  writeFileSync(folder.file('rotate.conf'), here);
  for (const rotation of [1, 2, 3]) {
    await eventually(() => existsSync(path) && statSync(path).size > 20_000, { what: 'a part of the log' });
    execFileSync(logrotate ?? '', ['--force', '--state', folder.file('state'), folder.file('rotate.conf')]);
    // Its status says nothing about the effect.
    await eventually(() => writer.reopened() === rotation, { what: 'the log opened again' });
  }
  const lines = await writer.finished();
  const names = readdirSync(folder.path)
    .filter((name) => name.startsWith('agent.log'))
    .sort();
  assert.deepEqual(names, ['agent.log', 'agent.log.1', 'agent.log.2.gz', 'agent.log.3.gz']);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.deepEqual(numbersIn(folder), all(lines));
});
