import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { root } from '../../../build/paths.ts';

const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], {
  cwd: root,
  encoding: 'utf8',
});
const pages = listed.split('\n').filter((name) => name !== '' && existsSync(join(root, name)));

test('there are pages to check', () => {
  assert.ok(pages.includes('docs/ARCHITECTURE.md'));
});

for (const page of pages) {
  test(`${page}: every link to a file, and every file of the repository that is named, exists`, () => {
    const text = readFileSync(join(root, page), 'utf8');
    const links = [...text.matchAll(/\]\((?![a-z]+:|#|\/)([^)#\s]+)/g)].map(([, target]) =>
      join(dirname(page), target ?? ''),
    );
    const named = [...text.matchAll(/`((?:src|build|test|docs|packaging)\/[\w./-]+\.(?:ts|tsx|md|json))`/g)].map(
      ([, target]) => target ?? '',
    );
    assert.deepEqual(
      [...links, ...named].filter((path) => !existsSync(join(root, path))),
      [],
    );
  });
}
