import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runApp } from '../support/app.ts';

test('--version says the version, and as JSON what the build was made of', async () => {
  const plain = await runApp(['--version']);
  assert.match(plain.stdout, /^leafward \d+\.\d+\.\d+\n$/);
  assert.equal(plain.status, 0);
  assert.equal(plain.stderr, '');
  const { stdout } = await runApp(['--version', '--json']);
  assert.deepEqual(Object.keys(JSON.parse(stdout) as object), ['version', 'commit', 'driver', 'target', 'node']);
});

test('an unknown command is refused with a suggestion, in three lines', async () => {
  const { status, stderr } = await runApp(['servr']);
  assert.equal(status, 64);
  assert.deepEqual(stderr.trimEnd().split('\n'), [
    'leafward: there is no command servr',
    'next: Did you mean "leafward server"?',
    'code: USAGE',
  ]);
});

test('no command lists the commands', async () => {
  const { status, stdout } = await runApp([]);
  assert.equal(status, 0);
  for (const name of ['server', 'monitoring-agent', 'doctor', 'import-ftdc', 'admin', 'up', 'demo'])
    assert.match(stdout, new RegExp(`^ {2}${name} `, 'm'));
});

test('every command explains itself without doing anything', async () => {
  for (const name of ['server', 'monitoring-agent', 'doctor', 'import-ftdc', 'admin', 'up', 'demo']) {
    const { status, stdout, stderr } = await runApp([name, '--help']);
    assert.equal(status, 0, stderr);
    assert.match(stdout, new RegExp(`^leafward ${name}: \\w`));
  }
});

test('where the first argument says what to do, --help lists what there is', async () => {
  const { stdout } = await runApp(['backup', '--help']);
  assert.match(stdout, /^Actions:\n {2}status \[SET\] {2,}\w/m);
});

test('a command that runs for long refuses root', {
  skip: process.getuid?.() === 0 ? false : 'this test needs to run as root',
}, async () => {
  for (const name of ['server', 'monitoring-agent', 'up', 'demo']) {
    const { status, stderr } = await runApp([name], { env: { LEAFWARD_ALLOW_ROOT: '' } });
    assert.equal(status, 77);
    assert.match(stderr, /code: RUNS_AS_ROOT/);
  }
});

test('licences are there of all that is inside', {
  skip: process.env['LEAFWARD_BIN'] === undefined ? 'only the built executable' : false,
}, async () => {
  const { status, stdout } = await runApp(['licences']);
  assert.equal(status, 0);
  for (const name of ['Apache License', 'Node.js contributors', 'OpenSSL', 'The Go Authors', 'mongodb 7', 'fastify 5'])
    assert.ok(stdout.includes(name), name);
});

test('NODE_OPTIONS, which is meant for other programs, does not reach the executable', {
  skip: process.env['LEAFWARD_BIN'] === undefined ? 'only the built executable' : false,
}, async () => {
  const { status } = await runApp(['--version'], { env: { NODE_OPTIONS: '--no-such-option' } });
  assert.equal(status, 0);
});
