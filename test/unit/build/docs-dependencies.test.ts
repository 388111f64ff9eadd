import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../../../build/paths.ts';

test('docs/dependencies.md has one line for every package of package.json, and no other', () => {
  const page = readFileSync(join(root, 'docs', 'dependencies.md'), 'utf8');
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<
    string,
    Record<string, string>
  >;
  const listed = [...page.matchAll(/^\| `([^`]+)` \|/gm)].map(([, name]) => name ?? '').sort();
  const wanted = Object.keys({ ...manifest['dependencies'], ...manifest['devDependencies'] }).sort();
  assert.deepEqual(listed, wanted);
});

test('every version in package.json is exact', () => {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<
    string,
    Record<string, string>
  >;
  for (const [name, version] of Object.entries({ ...manifest['dependencies'], ...manifest['devDependencies'] })) {
    assert.match(version, /^\d+\.\d+\.\d+(-[\w.]+)?$/, name);
  }
});
