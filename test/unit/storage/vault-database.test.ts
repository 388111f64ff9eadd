import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { test } from 'node:test';
import { openVaultDatabase, type VaultDatabase } from '../../../src/storage/sqlite/vault-database.ts';
import { smallDisk, whyNoSmallDisk } from '../../support/small-disk.ts';
import { tempDir } from '../../support/temp-dir.ts';

const parts = [
  { name: 'test', steps: [['CREATE TABLE items (id INTEGER PRIMARY KEY, body BLOB NOT NULL UNIQUE) STRICT']] },
];

function bodies(database: VaultDatabase): string[] {
  return database
    .prepare('SELECT body FROM items ORDER BY id')
    .all()
    .map((row) => Buffer.from(row['body'] as Uint8Array).toString());
}

function add(database: VaultDatabase, text: string): void {
  database.prepare('INSERT INTO items (body) VALUES (?)').run(Buffer.from(text));
}

test('a transaction is all or nothing, and a part of it can fail alone', async () => {
  await using dir = tempDir();
  const database = openVaultDatabase(dir.path, parts);
  const fail = (): never => {
    throw new Error('no');
  };
  database.transaction(() => {
    add(database, 'one');
    assert.throws(() =>
      database.transaction(() => {
        add(database, 'lost');
        fail();
      }),
    );
    database.transaction(() => add(database, 'two'));
  });
  assert.throws(() =>
    database.transaction(() => {
      add(database, 'three');
      fail();
    }),
  );
  assert.throws(() => add(database, 'one'), { code: 'CONFLICT' });
  assert.deepEqual(bodies(database), ['one', 'two']);
  assert.equal(statSync(database.path).mode & 0o777, 0o600);
  database.close();
});

test('one process or thread writes, readers come beside it and change nothing', async () => {
  await using dir = tempDir();
  const database = openVaultDatabase(dir.path, parts);
  add(database, 'one');
  assert.throws(() => openVaultDatabase(dir.path, parts), { code: 'STORE_LOCKED' });
  const reader = openVaultDatabase(dir.path, parts, { readOnly: true });
  add(database, 'two');
  assert.deepEqual(bodies(reader), ['one', 'two']);
  assert.throws(() => add(reader, 'three'));
  reader.close();
  database.close();
  openVaultDatabase(dir.path, parts).close();
});

test('a store is read from a disk that cannot be written', { skip: whyNoSmallDisk() }, async () => {
  await using disk = smallDisk(4);
  const database = openVaultDatabase(disk.path, parts);
  add(database, 'one');
  database.close();
  execFileSync('mount', ['-o', 'remount,ro', disk.path], { stdio: 'pipe' });
  const reader = openVaultDatabase(disk.path, parts, { readOnly: true });
  assert.deepEqual(bodies(reader), ['one']);
  reader.close();
});

test('a store of another version is not opened for reading, and no store is said so', async () => {
  await using dir = tempDir();
  assert.throws(() => openVaultDatabase(dir.path, parts, { readOnly: true }), { code: 'NOT_FOUND' });
  openVaultDatabase(dir.path, parts).close();
  const next = [{ name: 'test', steps: [...(parts[0]?.steps ?? []), ['CREATE TABLE more (id INTEGER) STRICT']] }];
  assert.throws(() => openVaultDatabase(dir.path, next, { readOnly: true }), { code: 'CONFLICT' });
  openVaultDatabase(dir.path, next).close();
  assert.throws(() => openVaultDatabase(dir.path, parts, { readOnly: true }), { code: 'STORE_NEWER' });
  assert.throws(() => openVaultDatabase(dir.path, parts), { code: 'STORE_NEWER' });
});

test('a full disk refuses a transaction whole, and takes it when there is room', {
  skip: whyNoSmallDisk(),
}, async () => {
  await using disk = smallDisk(4);
  const database = openVaultDatabase(disk.file('vault'), parts);
  add(database, 'kept');
  disk.fill();
  const large = 'x'.repeat(400_000);
  assert.throws(
    () =>
      database.transaction(() => {
        add(database, 'lost');
        add(database, large);
      }),
    { code: 'STORE_FULL' },
  );
  assert.deepEqual(bodies(database), ['kept']);
  disk.free();
  add(database, large);
  assert.deepEqual(bodies(database), ['kept', large]);
  database.close();
});
