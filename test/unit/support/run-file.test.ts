import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { type FileResult, runFile } from '../../support/run-file.ts';
import { tempDir } from '../../support/temp-dir.ts';

/** Runs a file of this text as the runner would. */
async function run(text: string, timeoutMs = 120_000): Promise<FileResult> {
  await using folder = tempDir();
  const path = folder.file('planted.test.mjs');
  writeFileSync(path, `import { test, describe } from 'node:test';\n${text}`);
  // As a process of its own, not as a part of the test that runs it.
  const { NODE_TEST_CONTEXT: _inner, ...env } = process.env;
  return await runFile(path, { env, timeoutMs, scratch: folder.path });
}

function outcomes(result: FileResult): string[] {
  return result.tests.map(({ name, outcome }) => `${outcome} ${name.endsWith('planted.test.mjs') ? 'file' : name}`);
}

test('tests are counted, inside suites and tests too, and suites are not', async () => {
  const result = await run(
    "describe('s', () => { test('a', () => {}); });\ntest('b', async (t) => { await t.test('c', () => {}); });",
  );
  assert.deepEqual(outcomes(result), ['passed a', 'passed c', 'passed b']);
});

test('a failure is told with what was thrown and its cause; the tests around it are not failures', async () => {
  const result = await run(
    "test('a', async (t) => { await t.test('b', () => { throw new Error('boom', { cause: new Error('why') }); }); });",
  );
  assert.deepEqual(outcomes(result), ['failed b']);
  assert.match(result.tests[0]?.text ?? '', /boom[\s\S]*why/);
});

test('a skipped test gives its reason', async () => {
  const result = await run("test('a', { skip: 'no mongos' }, () => {});");
  assert.deepEqual(outcomes(result), ['skipped a']);
  assert.equal(result.tests[0]?.text, 'no mongos');
});

const broken: readonly (readonly [string, string, RegExp])[] = [
  ['holds no test', 'export const x = 1;', /holds no test/],
  ['kills itself', "test('a', () => {}); process.kill(process.pid, 'SIGKILL');", /ended with SIGKILL/],
  ['cannot be loaded', "import './no-such-file.mjs';", /ended with 1/],
];
for (const [what, text, message] of broken) {
  test(`a file that ${what} is a failure`, async () => {
    const failed = (await run(text)).tests.filter(({ outcome }) => outcome === 'failed');
    assert.equal(failed.length, 1);
    assert.match(failed[0]?.text ?? '', message);
  });
}

test('a file that does not end is ended, and is a failure', async () => {
  const result = await run("test('a', () => {}); setInterval(() => {}, 1000);", 1500);
  assert.match(result.tests.at(-1)?.text ?? '', /did not end within 1.5 s/);
});
