import { once } from 'node:events';
import { createWriteStream, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { endChild, startChild } from './child-process.ts';
import type { TestLine } from './line-reporter.ts';

export interface FileResult {
  readonly path: string;
  readonly tests: readonly TestLine[];
  readonly durationMs: number;
  /** What the file wrote, both outputs; its end when it is long. */
  readonly output: string;
}

interface RunFileOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly timeoutMs: number;
  /** A folder for reports and outputs. */
  readonly scratch: string;
}

const reporter = pathToFileURL(join(import.meta.dirname, 'line-reporter.ts')).href;
let count = 0;

/**
 * Runs one test file as a process of its own. A file that ends early, hangs, or holds no test is a failure:
 * what cannot fail is no test.
 */
export async function runFile(path: string, options: RunFileOptions): Promise<FileResult> {
  const began = performance.now();
  const report = join(options.scratch, `report-${++count}.jsonl`);
  const outputPath = join(options.scratch, `output-${count}.txt`);
  const output = createWriteStream(outputPath);
  const args = [`--test-reporter=${reporter}`, `--test-reporter-destination=${report}`, '--enable-source-maps', path];
  const child = startChild(process.execPath, args, { env: options.env, stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout?.pipe(output, { end: false });
  child.stderr?.pipe(output, { end: false });
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    void endChild(child, 'SIGTERM', 2000);
  }, options.timeoutMs);
  await once(child, 'close');
  clearTimeout(timer);
  output.end();
  await once(output, 'close');
  const tests = existsSync(report) ? readReport(report) : [];
  const problem = problemOf(tests, child.exitCode ?? child.signalCode, timedOut ? options.timeoutMs : undefined);
  const durationMs = Math.round(performance.now() - began);
  if (problem !== undefined) {
    tests.push({ name: path, outcome: 'failed', file: path, line: 1, durationMs, text: problem });
  }
  return { path, tests, durationMs, output: readFileSync(outputPath, 'utf8').slice(-20_000) };
}

function readReport(path: string): TestLine[] {
  const lines = readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('{') && line.endsWith('}'));
  return lines.map((line) => JSON.parse(line) as TestLine);
}

function problemOf(
  tests: readonly TestLine[],
  end: number | string | null,
  timedOutMs: number | undefined,
): string | undefined {
  if (timedOutMs !== undefined) return `the file did not end within ${timedOutMs / 1000} s`;
  if (tests.some(({ outcome }) => outcome === 'failed')) return undefined;
  if (end !== 0) return `the file ended with ${end}`;
  return tests.length === 0 ? 'the file holds no test' : undefined;
}
