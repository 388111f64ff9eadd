import assert from 'node:assert/strict';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import type { SqlDatabase } from '../../../src/storage/sqlite/database.ts';
import { openSqlDatabase } from '../../../src/storage/sqlite/open-database.ts';
import { endChild, startChild } from '../../support/child-process.ts';
import { type TempDir, tempDir } from '../../support/temp-dir.ts';

const parts = [
  { name: 'test', steps: [['CREATE TABLE items (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT']] },
];
const insert = (text: string) => ({ sql: 'INSERT INTO items (text) VALUES (?)', params: [text] });

interface Opened extends AsyncDisposable {
  readonly dir: TempDir;
  readonly database: SqlDatabase;
}
async function openTemp(): Promise<Opened> {
  const dir = tempDir('database');
  const database = await openSqlDatabase(dir.path, parts);
  return {
    dir,
    database,
    [Symbol.asyncDispose]: async () => {
      await database.close();
      await dir[Symbol.asyncDispose]();
    },
  };
}

test('a write is read by the next read, and is there after opening again', async () => {
  const dir = tempDir('database');
  const first = await openSqlDatabase(dir.path, parts);
  assert.deepEqual(await first.write([insert('a'), { sql: 'SELECT 7 AS seven' }]), [
    { changes: 1, rows: [] },
    { changes: 1, rows: [{ seven: 7 }] },
  ]);
  assert.deepEqual(await first.read('SELECT text FROM items'), [{ text: 'a' }]);
  await first.close();
  const second = await openSqlDatabase(dir.path, parts);
  assert.deepEqual(await second.read('SELECT text FROM items WHERE text = ?', ['a']), [{ text: 'a' }]);
  await second.close();
  await dir[Symbol.asyncDispose]();
});

test('files are for the owner alone', { skip: process.platform === 'win32' }, async () => {
  await using opened = await openTemp();
  assert.equal(statSync(join(opened.dir.path, 'leafward.db')).mode & 0o077, 0);
});

test('a transaction that fails leaves nothing and does not harm those that share its commit', async () => {
  await using opened = await openTemp();
  await opened.database.write([insert('taken')]);
  const outcomes = await Promise.allSettled([
    opened.database.write([insert('b')]),
    opened.database.write([insert('half'), insert('taken')]),
    opened.database.write([{ sql: 'INSERT INTO nothing VALUES (1)' }]),
    opened.database.write([insert('c')]),
  ]);
  assert.deepEqual(
    outcomes.map((outcome) => outcome.status),
    ['fulfilled', 'rejected', 'rejected', 'fulfilled'],
  );
  assert.equal(outcomes[1]?.status === 'rejected' && outcomes[1].reason.code, 'CONFLICT');
  assert.deepEqual(await opened.database.read('SELECT text FROM items ORDER BY text'), [
    { text: 'b' },
    { text: 'c' },
    { text: 'taken' },
  ]);
});

test('thousands of writes at once are applied in call order', async () => {
  await using opened = await openTemp();
  await Promise.all(Array.from({ length: 3000 }, (_, i) => opened.database.write([insert(`n${i}`)])));
  const rows = await opened.database.read('SELECT text FROM items ORDER BY id');
  assert.deepEqual(
    rows.map((row) => row['text']),
    Array.from({ length: 3000 }, (_, i) => `n${i}`),
  );
});

test('a full disk refuses what it cannot keep, keeps what it answered, and goes on when there is space', async () => {
  await using opened = await openTemp();
  const { database } = opened;
  await database.write([insert('before')]);
  const [pages] = await database.read('PRAGMA page_count');
  await database.write([{ sql: `PRAGMA max_page_count = ${Number(pages?.['page_count']) + 20}` }]);
  const kept: string[] = ['before'];
  let refused = 0;
  for (let i = 0; i < 60; i++) {
    const text = `${i}-${'x'.repeat(8000)}`;
    try {
      await database.write([insert(text)]);
      kept.push(text);
    } catch (thrown) {
      const { code, retryable } = thrown as { code?: string; retryable?: boolean };
      assert.deepEqual([code, retryable], ['STORE_FULL', true]);
      refused++;
    }
  }
  assert.ok(refused > 0 && kept.length > 1);
  await database.write([{ sql: 'PRAGMA max_page_count = 100000' }]);
  await database.write([insert('after')]);
  const rows = await database.read('SELECT text FROM items ORDER BY id');
  assert.deepEqual(
    rows.map((row) => row['text']),
    [...kept, 'after'],
  );
});

test('a second process on the data directory is told who holds it, and gets it after kill -9', async () => {
  const dir = tempDir('database');
  const holder = startChild(process.execPath, [join(import.meta.dirname, 'hold-database.ts'), dir.path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(holder.stdout ?? holder, 'data', { signal: AbortSignal.timeout(90_000) });
  await assert.rejects(openSqlDatabase(dir.path, parts), {
    code: 'STORE_LOCKED',
    message: new RegExp(`process ${holder.pid}\\b`),
  });
  await endChild(holder, 'SIGKILL');
  const database = await openSqlDatabase(dir.path, parts);
  assert.deepEqual(await database.read('SELECT text FROM items'), [{ text: 'held' }]);
  await database.close();
  await dir[Symbol.asyncDispose]();
});

test('a data directory of a newer version is refused and not touched', async () => {
  const dir = tempDir('database');
  const newer = [{ name: 'test', steps: [...(parts[0]?.steps ?? []), ['CREATE TABLE later (id INTEGER) STRICT']] }];
  await (await openSqlDatabase(dir.path, newer)).close();
  await assert.rejects(openSqlDatabase(dir.path, parts), { code: 'STORE_NEWER' });
  await assert.rejects(openSqlDatabase(dir.path, []), { code: 'STORE_NEWER' });
  await (await openSqlDatabase(dir.path, newer)).close();
  await dir[Symbol.asyncDispose]();
});

test('later steps are applied to an older data directory, once', async () => {
  const dir = tempDir('database');
  const first = await openSqlDatabase(dir.path, parts);
  await first.write([insert('old')]);
  await first.close();
  const steps = [...(parts[0]?.steps ?? []), ['ALTER TABLE items ADD COLUMN size INTEGER NOT NULL DEFAULT 3']];
  for (let time = 0; time < 2; time++) {
    const later = await openSqlDatabase(dir.path, [{ name: 'test', steps }]);
    assert.deepEqual(await later.read('SELECT text, size FROM items'), [{ text: 'old', size: 3 }]);
    await later.close();
  }
  await dir[Symbol.asyncDispose]();
});

test('a file that is no database is called damaged', async () => {
  const dir = tempDir('database');
  await (await openSqlDatabase(dir.path, parts)).close();
  const path = dir.file('leafward.db');
  const { writeFileSync } = await import('node:fs');
  writeFileSync(path, Buffer.alloc(20_000, 7));
  await assert.rejects(openSqlDatabase(dir.path, parts), { code: 'STORE_CORRUPT' });
  await dir[Symbol.asyncDispose]();
});

test('after closing, nothing holds the file and calls are refused', async () => {
  const dir = tempDir('database');
  const database = await openSqlDatabase(dir.path, parts);
  const last = database.write([insert('last')]);
  await Promise.all([database.close(), database.close()]);
  await last;
  await assert.rejects(database.write([insert('late')]), { retryable: true });
  await assert.rejects(database.read('SELECT 1 AS one'), { retryable: true });
  await database.close();
  const plain = new DatabaseSync(dir.file('leafward.db'));
  assert.deepEqual(plain.prepare('SELECT text FROM items').all().length, 1);
  plain.close();
  await dir[Symbol.asyncDispose]();
});
