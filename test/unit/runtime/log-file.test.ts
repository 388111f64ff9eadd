import assert from 'node:assert/strict';
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { test } from 'node:test';
import { openLogOutput } from '../../../src/runtime/log-file.ts';
import { type TempDir, tempDir } from '../../support/temp-dir.ts';

const settings = { logMaxSize: 64 * 1024, logMaxAge: undefined, logKeep: 1000 };

function linesOf(folder: TempDir): string[] {
  return readdirSync(folder.path)
    .sort()
    .flatMap((name) => readFileSync(folder.file(name), 'utf8').split('\n').slice(0, -1));
}

const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, index) => `line ${from + index} ${'x'.repeat(100)}`);

test('a file that grows too large is put aside again and again: no line is lost, none is torn, none is larger', async () => {
  await using folder = tempDir();
  const output = openLogOutput({ ...settings, logFile: folder.file('a.log') });
  const lines = numbers(0, 4000);
  for (const line of lines) assert.equal(output.write(line), true);
  output.close();
  const names = readdirSync(folder.path).sort();
  assert.ok(names.length >= 6, names.join(' '));
  assert.equal(names[0], 'a.log');
  for (const name of names.slice(1)) assert.match(name, /^a\.log\.\d{8}T\d{9}Z$/);
  for (const name of names) assert.ok(statSync(folder.file(name)).size <= settings.logMaxSize);
  assert.deepEqual(linesOf(folder).toSorted(), lines.toSorted());
});

test('only as many are kept as the settings say, the newest of them, and no file of others goes', async () => {
  await using folder = tempDir();
  for (const name of ['a.log.1', 'a.log.2.gz', 'a.log.old', 'b.log.20260101T000000000Z'])
    writeFileSync(folder.file(name), '');
  const output = openLogOutput({ ...settings, logKeep: 2, logFile: folder.file('a.log') });
  for (const line of numbers(0, 4000)) output.write(line);
  output.close();
  const rotated = readdirSync(folder.path).filter((name) => /^a\.log\.\d{8}T/.test(name));
  assert.equal(rotated.length, 2);
  assert.match(readFileSync(folder.file('a.log'), 'utf8'), /line 3999 /);
  for (const name of ['a.log.1', 'a.log.2.gz', 'a.log.old', 'b.log.20260101T000000000Z']) statSync(folder.file(name));
});

test('the age of a file is that of its first line, also after a start', async () => {
  await using folder = tempDir();
  const [old, young] = [folder.file('old.log'), folder.file('young.log')];
  const hoursAgo = (hours: number): string => new Date(Date.now() - hours * 3_600_000).toISOString();
  writeFileSync(old, `${hoursAgo(25)} INFO  first\n${hoursAgo(1)} INFO  second\n`);
  writeFileSync(young, `{"time":"${hoursAgo(23)}","level":"info"}\n`);
  for (const logFile of [old, young]) {
    const output = openLogOutput({ ...settings, logMaxAge: 24 * 3_600_000, logFile });
    output.write('new');
    output.close();
  }
  assert.equal(readFileSync(old, 'utf8'), 'new\n');
  assert.match(readFileSync(young, 'utf8'), /info"}\nnew\n$/);
});

test('a file that somebody else moved away is not moved again, and one that was cut to nothing stays', async () => {
  await using folder = tempDir();
  const path = folder.file('a.log');
  const output = openLogOutput({ ...settings, logFile: path });
  const lines = numbers(0, 500);
  for (const line of lines) output.write(line);
  renameSync(path, folder.file('a.log.1'));
  writeFileSync(path, 'of the one who rotates\n');
  for (const line of numbers(500, 700)) output.write(line);
  assert.deepEqual(readdirSync(folder.path).sort(), ['a.log', 'a.log.1']);
  assert.match(readFileSync(path, 'utf8'), /^of the one who rotates\nline \d+ /);
  for (const line of numbers(700, 950)) output.write(line);
  truncateSync(path, 0);
  for (const line of numbers(950, 1200)) output.write(line);
  output.close();
  assert.deepEqual(readdirSync(folder.path).sort(), ['a.log', 'a.log.1']);
});

test('a folder that is gone loses lines, says so, and is written to again when it is back', async (t) => {
  await using folder = tempDir();
  mkdirSync(folder.file('logs'));
  const path = folder.file('logs/a.log');
  t.mock.timers.enable({ apis: ['Date'], now: 1_800_000_000_000 });
  const output = openLogOutput({ ...settings, logFile: path });
  for (const line of numbers(0, 500)) output.write(line);
  rmSync(folder.file('logs'), { recursive: true });
  const answers = numbers(0, 200).map((line) => output.write(line));
  assert.ok(answers.includes(false));
  mkdirSync(folder.file('logs'));
  t.mock.timers.tick(61_000);
  assert.equal(output.write('back'), true);
  output.close();
  assert.equal(readFileSync(path, 'utf8'), 'back\n');
});

test('another file from the settings is opened; one that cannot be leaves the old one open', async () => {
  await using folder = tempDir();
  const output = openLogOutput({ ...settings, logFile: folder.file('a.log') });
  assert.throws(() => output.reopen({ ...settings, logFile: folder.file('missing/b.log') }), {
    code: 'SETTINGS_INVALID',
  });
  output.write('still a');
  output.reopen({ ...settings, logFile: folder.file('b.log') });
  output.write('now b');
  output.close();
  assert.equal(readFileSync(folder.file('a.log'), 'utf8'), 'still a\n');
  assert.equal(readFileSync(folder.file('b.log'), 'utf8'), 'now b\n');
});

test('a device is written to and never put aside', { skip: process.platform === 'win32' }, () => {
  const output = openLogOutput({ ...settings, logFile: '/dev/null' });
  for (const line of numbers(0, 2000)) assert.equal(output.write(line), true);
  output.close();
  assert.equal(statSync('/dev/null').isCharacterDevice(), true);
});
