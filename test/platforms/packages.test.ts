import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { makePackages } from '../../build/packages/make-packages.ts';
import { packageFacts } from '../../build/packages/package-facts.ts';
import { root } from '../../build/paths.ts';
import { needTools, pythonProgram } from '../../build/platform-tools.ts';
import { tempDir } from '../support/temp-dir.ts';

const folder = tempDir('packages');
const first = folder.file('first');

before(async () => {
  needTools(['lintian', 'rpm']);
  await makePackages(packageFacts(), { folder: first, keyFile: undefined, quick: true });
});

test('the same sources give the same bytes', async () => {
  const second = folder.file('second');
  await makePackages(packageFacts(), { folder: second, keyFile: undefined, quick: true });
  assert.deepEqual(sums(second), sums(first));
});

test('lintian has no error and no warning but those that are overridden with a reason', () => {
  const debs = packagesIn('deb');
  assert.ok(debs.length >= 4);
  const args = ['--allow-root', '--fail-on', 'error,warning', '--tag-display-limit', '0', ...debs];
  const { status, stdout, stderr } = spawnSync('lintian', args, { encoding: 'utf8' });
  assert.equal(status, 0, stdout + stderr);
  assert.equal(stdout, '');
});

test('rpmlint has nothing to say but what is filtered with a reason', () => {
  const config = join(root, 'build', 'packages', 'rpmlint.toml');
  const args = ['--config', config, '--ignore-unused-rpmlintrc', ...packagesIn('rpm')];
  const { status, stdout } = spawnSync(pythonProgram('rpmlint'), args, { encoding: 'utf8' });
  assert.match(stdout, / 0 errors, 0 warnings,/);
  assert.equal(status, 0);
});

test('every manual page is one that man reads without a complaint', () => {
  const unpacked = folder.file('unpacked');
  for (const deb of packagesIn('deb')) execFileSync('dpkg-deb', ['--extract', deb, unpacked]);
  const pages = readdirSync(join(unpacked, 'usr', 'share', 'man'), { recursive: true, encoding: 'utf8' });
  const files = pages.filter((name) => name.endsWith('.gz'));
  assert.ok(files.includes('man1/leafward-server.1.gz') && files.includes('man5/leafward-server.config.5.gz'));
  for (const name of files) {
    const env = { ...process.env, MANROFFSEQ: '', MANWIDTH: '80', LC_ALL: 'C.UTF-8' };
    const shown = spawnSync('man', ['--warnings', '--local-file', join(unpacked, 'usr', 'share', 'man', name)], {
      encoding: 'utf8',
      env,
    });
    assert.deepEqual([shown.status, shown.stderr], [0, ''], name);
    assert.match(shown.stdout, /^NAME\n {7}leafward\S* - \S/m, name);
  }
});

function packagesIn(kind: 'deb' | 'rpm'): string[] {
  return readdirSync(join(first, kind)).map((name) => join(first, kind, name));
}

function sums(of: string): string[] {
  const files = readdirSync(of, { recursive: true, encoding: 'utf8' }).filter((name) => /\.(deb|rpm)$/.test(name));
  return files.toSorted().map(
    (name) =>
      `${createHash('sha256')
        .update(readFileSync(join(of, name)))
        .digest('hex')}  ${name}`,
  );
}
