import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

const root = new URL('../../../', import.meta.url);
const page = readFileSync(new URL('docs/security.md', root), 'utf8');
const rows = page.split('\n').filter((line) => /^\| \d/.test(line));

test('each requirement has a state, and what is met says where and what shows it, in files that are there', () => {
  assert.ok(rows.length >= 60, `${rows.length} rows`);
  for (const row of rows) {
    const [, requirement = '', , state = '', where = '', shown = ''] = row.split('|').map((cell) => cell.trim());
    assert.ok(['met', 'in part', 'not met'].includes(state), `${requirement}: ${state}`);
    assert.ok(where.length > 5, `${requirement} says nowhere`);
    if (state === 'met' && requirement !== '13.1.1') assert.match(shown, /`test\//, `${requirement}: no test shows it`);
  }
  const named = [...page.matchAll(/`((?:src|test|build)\/[\w./-]+)`/g)].map(([, path = '']) => path);
  assert.ok(named.length > 100);
  for (const path of new Set(named)) assert.ok(existsSync(new URL(path, root)), `${path} is not there`);
});

test('no requirement has two rows', () => {
  const numbers = rows.flatMap((row) => (row.split('|')[1] ?? '').match(/\d+\.\d+\.\d+/g) ?? []);
  assert.deepEqual(
    numbers.filter((number, index) => numbers.indexOf(number) !== index),
    [],
  );
});
