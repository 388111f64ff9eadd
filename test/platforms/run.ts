/**
 * `make test-platforms`: installs on real systems, in chroots made by debootstrap. Not part of `make test`: it needs root, Debian
 * packages and minutes. With arguments only the files whose names contain one of them. The last line is
 * `N passed, N failed, N skipped`.
 */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../../build/paths.ts';
import type { TestLine } from '../support/line-reporter.ts';
import { runFile } from '../support/run-file.ts';

const wanted = process.argv.slice(2);
const scratch = mkdtempSync(join(tmpdir(), 'leafward-platforms-'));
// Some of what is tested with gives up the rights of root, and writes there.
chmodSync(scratch, 0o711);
mkdirSync(join(scratch, 'data'));
mkdirSync(join(scratch, 'logs'));
const built = join(root, 'dist', 'leafward');
const env: NodeJS.ProcessEnv = {
  ...process.env,
  LEAFWARD_TEST_SCRATCH: join(scratch, 'data'),
  LEAFWARD_TEST_LOGS: join(scratch, 'logs'),
  ...(existsSync(built) && { LEAFWARD_BIN: built }),
};
const files = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith('.test.ts') && (wanted.length === 0 || wanted.some((part) => name.includes(part))))
  .toSorted();
const tests: TestLine[] = [];
for (const name of files) {
  const result = await runFile(join(import.meta.dirname, name), { env, timeoutMs: 1_800_000, scratch });
  tests.push(...result.tests);
  console.log(`${name} (${(result.durationMs / 1000).toFixed(1)} s)`);
  for (const { outcome, name: test, durationMs, text } of result.tests) {
    console.log(`  ${outcome.padEnd(7)} ${test} (${(durationMs / 1000).toFixed(1)} s)`);
    if (outcome !== 'passed') console.log(text.replace(/^/gm, '    '));
  }
  const failed = result.tests.some(({ outcome }) => outcome === 'failed');
  const figures = result.output.split('\n').filter((line) => line.startsWith('# '));
  console.log(failed ? result.output : figures.join('\n'));
}
rmSync(scratch, { recursive: true, force: true });
const count = (outcome: TestLine['outcome']): number => tests.filter((test) => test.outcome === outcome).length;
console.log(`${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped`);
process.exitCode = count('failed') > 0 || tests.length === 0 ? 1 : 0;
