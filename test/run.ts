/**
 * Runs the tests and says, as the very last line, `N passed, N failed, N skipped`.
 * Without arguments: everything (`make test`): check, build, then all folders, the built executable included.
 * With arguments: the test files whose path begins with or contains one of them, on the sources: `node test/run.ts unit/wire`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { root } from '../build/paths.ts';
import type { TestLine } from './support/line-reporter.ts';
import { type FileResult, runFile } from './support/run-file.ts';
import { longestFirst, readRunTimes, saveRunTimes } from './support/run-times.ts';
import { machineLimits, runScheduled } from './support/schedule.ts';
import { removeAtLast } from './support/temp-dir.ts';

interface Folder {
  readonly name: string;
  /** Of one file: many times what it takes, for machines that are slow, busy, or stand still for a while. */
  readonly timeoutMs: number;
}

const folders: readonly Folder[] = [
  { name: '', timeoutMs: 600_000 },
  { name: 'unit', timeoutMs: 600_000 },
  { name: 'contract', timeoutMs: 600_000 },
  { name: 'integration', timeoutMs: 900_000 },
  { name: 'app', timeoutMs: 900_000 },
  { name: 'pages', timeoutMs: 900_000 },
];

const testFolder = import.meta.dirname;
const scratch = mkdtempSync(join(tmpdir(), 'leafward-tests-'));
const logs = join(scratch, 'logs');
const wanted = process.argv.slice(2);
const results: FileResult[] = [];

mkdirSync(logs);
mkdirSync(join(scratch, 'data'));
process.on('SIGINT', () => process.exit(130));
process.on('SIGTERM', () => process.exit(143));
process.on('exit', removeScratch);
process.exitCode = await main();

async function main(): Promise<number> {
  const everything = wanted.length === 0;
  if (everything) {
    runStep('check', [join(root, 'build', 'check.ts')]);
    runStep('build', [join(root, 'build', 'executable.ts')]);
  }
  const built = everything && !failures().some(({ name }) => name === 'build');
  if (needsPages()) runStep('web', [join(root, 'build', 'bundle-pages.ts')]);
  await runFiles(built);
  return summarize();
}

function runStep(name: string, args: readonly string[]): void {
  const began = performance.now();
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  const durationMs = Math.round(performance.now() - began);
  const outcome = status === 0 ? 'passed' : 'failed';
  const text = status === 0 ? '' : `make ${name} failed: see its output above`;
  record({ path: name, durationMs, output: '', tests: [{ name, outcome, file: name, line: 0, durationMs, text }] });
}

/** One queue of all folders: those that wait for an election leave the processor to those that compute. */
async function runFiles(built: boolean): Promise<void> {
  const timesPath = join(root, '.cache', 'test-times.json');
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    LEAFWARD_TEST_SCRATCH: join(scratch, 'data'),
    LEAFWARD_TEST_LOGS: logs,
    ...(built && { LEAFWARD_BIN: join(root, 'dist', 'leafward') }),
  };
  const files = folders.flatMap(({ name, timeoutMs }) => filesOf(name).map((path) => ({ path, timeoutMs })));
  const run = async ({ path, timeoutMs }: (typeof files)[number]): Promise<void> =>
    record(await runFile(path, { env, timeoutMs, scratch }));
  const known = readRunTimes(timesPath);
  await runScheduled(
    longestFirst(files, ({ path }) => shortPath(path), known),
    run,
    machineLimits(),
  );
  const passed = results.filter(
    ({ path, tests }) => path.startsWith(testFolder) && tests.every(({ outcome }) => outcome !== 'failed'),
  );
  saveRunTimes(timesPath, new Map(passed.map(({ path, durationMs }) => [shortPath(path), durationMs])));
}

function filesOf(folder: string): string[] {
  const path = join(testFolder, folder);
  if (!existsSync(path)) return [];
  return readdirSync(path, { recursive: folder !== '', encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => join(path, name))
    .filter(
      (file) =>
        wanted.length === 0 || wanted.some((part) => shortPath(file).includes(part.replace(/^(\.\/)?test\//, ''))),
    )
    .sort();
}

function needsPages(): boolean {
  return filesOf('app').length + filesOf('pages').length > 0 && existsSync(join(root, 'src', 'web', 'main.tsx'));
}

function record(result: FileResult): void {
  results.push(result);
  const bad = result.tests.filter(({ outcome }) => outcome === 'failed');
  const word = bad.length > 0 ? 'FAILED' : 'ok    ';
  const seconds = (result.durationMs / 1000).toFixed(1);
  console.log(`${word}  ${shortPath(result.path)} (${result.tests.length} tests, ${seconds} s)`);
  for (const { name, text } of result.tests.filter(({ outcome }) => outcome === 'skipped')) {
    console.log(`        skipped: ${name}: ${text === '' ? 'no reason given' : text}`);
  }
  for (const test of bad) printFailure(test);
  if (bad.length > 0 && result.output !== '') console.log(indent(`output of the file:\n${result.output}`));
}

function printFailure({ name, file, line, text }: TestLine): void {
  console.log(`  x ${name}\n    ${shortPath(file)}:${line}\n${indent(text)}`);
}

function summarize(): number {
  const tests = results.flatMap((result) => result.tests);
  const count = (outcome: TestLine['outcome']): number => tests.filter((test) => test.outcome === outcome).length;
  const failed = failures();
  const slowest = results.toSorted((a, b) => b.durationMs - a.durationMs).slice(0, 5);
  console.log(
    `\nslowest: ${slowest.map(({ path, durationMs }) => `${shortPath(path)} ${(durationMs / 1000).toFixed(1)} s`).join(', ')}`,
  );
  if (failed.length > 0) {
    console.log(
      `\nfailed:\n${failed.map(({ name, file, line }) => `  ${shortPath(file)}:${line} ${name}`).join('\n')}`,
    );
    console.log(`\nlogs of the mongods and others that took part: ${logs}`);
  }
  if (tests.length === 0) console.log('no test ran');
  const counts = `${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped`;
  mkdirSync(join(root, '.cache'), { recursive: true });
  writeFileSync(join(root, '.cache', 'test-summary'), `${counts}\n`);
  console.log(counts);
  return failed.length > 0 || tests.length === 0 ? 1 : 0;
}

function failures(): TestLine[] {
  return results.flatMap((result) => result.tests).filter(({ outcome }) => outcome === 'failed');
}

/** Data always goes; logs stay after a failure. */
function removeScratch(): void {
  removeAtLast(join(scratch, 'data'));
  if (failures().length === 0) removeAtLast(scratch);
}

function shortPath(path: string): string {
  return path.startsWith(testFolder) ? relative(testFolder, path) : path;
}

function indent(text: string): string {
  return text.replace(/^/gm, '    ');
}
