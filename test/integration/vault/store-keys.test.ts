import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { openVault, openVaultStores } from '../../../src/cli/open-vault.ts';
import { collectGroup } from '../../../src/vault/collect.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { at, documentsOf, groupId, replicaSetId, SourceModel, scan, settings } from '../../unit/vault/source-model.ts';

const run = promisify(execFile);
const main = new URL('../../../src/main.ts', import.meta.url).pathname;
const uuid = '11'.repeat(16);
const secret = 'a very private sentence';

async function backup(...args: string[]): Promise<string> {
  const { stdout } = await run(process.execPath, [main, 'backup', ...args]);
  return stdout;
}

function bytesOf(folder: string): string {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1')).join('');
}

test('an encrypted store is read with its recovery kit, and its master key is changed without writing a block', async () => {
  await using dir = tempDir('keys');
  const store = dir.file('backups');
  const masterKey = { kind: 'file', path: dir.file('one.key') } as const;
  const vault = await openVault({ dir: store, masterKey });
  const source = new SourceModel();
  await vault.start(groupId, replicaSetId, 'rs0', settings);
  source.nothing(at(100));
  source.insert(at(105), 'shop.orders', uuid, { _id: 2, secret });
  source.nothing(at(110));
  await scan(vault, [{ uuid, database: 'shop', name: 'orders', documents: [{ _id: 1, secret }] }], at(100), at(110));
  await source.send(vault);
  await vault.takeSnapshot(groupId, replicaSetId);
  assert.equal((await vault.use(groupId)).recoveryKit, 'missing');
  // Beside the program that has the store open, as a person does it.
  const early = ['--from-store', store, '--master-key-file', masterKey.path];
  await backup('export-recovery-kit', dir.file('early.json'), ...early);
  assert.equal((await vault.use(groupId)).recoveryKit, 'exported');
  await vault.close();
  assert.ok(!bytesOf(join(store, 'groups')).includes(secret), 'no document stands readable in the files');

  const read = async (path: string) => {
    const opened = await openVault({ dir: store, masterKey: { kind: 'file', path }, readOnly: true });
    try {
      const { viewId } = await opened.openView(groupId, replicaSetId, { optime: '110:1' });
      return await documentsOf(opened, viewId, uuid);
    } finally {
      await opened.close();
    }
  };
  const documents = [
    { _id: 1, secret },
    { _id: 2, secret },
  ];
  const kit = dir.file('kit.json');
  assert.match(
    await backup('export-recovery-kit', kit, '--from-store', store, '--master-key-file', masterKey.path),
    /Keep it apart/,
  );
  assert.equal(statSync(kit).mode & 0o777, 0o600);
  assert.deepEqual(await read(kit), documents);

  const before = bytesOf(join(store, 'groups'));
  const other = dir.file('other.key');
  await backup(
    'rotate-master-key',
    '--from-store',
    store,
    '--master-key-file',
    masterKey.path,
    '--new-master-key-file',
    other,
  );
  assert.equal(bytesOf(join(store, 'groups')), before);
  assert.deepEqual(await read(other), documents);
  await assert.rejects(read(masterKey.path), { code: 'STORE_KEY_WRONG' });
  const rotated = await openVault({ dir: store, masterKey: { kind: 'file', path: other } });
  assert.equal((await rotated.use(groupId)).recoveryKit, 'missing', 'the kit is of another master key');
  await rotated.close();
  await assert.rejects(read(kit), { code: 'STORE_KEY_WRONG' });
  const wrong = backup(
    'export-recovery-kit',
    dir.file('kit2.json'),
    '--from-store',
    store,
    '--master-key-file',
    masterKey.path,
  );
  await assert.rejects(wrong, { code: 78 });
});

test('a store that is not encrypted needs no recovery kit: a copy of it is all', async () => {
  await using dir = tempDir('no-keys');
  const store = dir.file('backups');
  const vault = await openVault({ dir: store });
  try {
    await vault.start(groupId, replicaSetId, 'rs0', settings);
    assert.equal((await vault.use(groupId)).recoveryKit, 'notNeeded');
    assert.match(await backup('export-recovery-kit', dir.file('kit.json'), '--from-store', store), /is not encrypted/);
    assert.equal((await vault.use(groupId)).recoveryKit, 'notNeeded');
  } finally {
    await vault.close();
  }
});

test('a master key file that is gone is not made anew while the store is encrypted under it', async () => {
  await using dir = tempDir('lost-key');
  const masterKey = { kind: 'file', path: dir.file('one.key') } as const;
  const vault = await openVault({ dir: dir.file('backups'), masterKey });
  // The first use of a group makes its keys.
  await vault.blockKey(groupId);
  await vault.close();
  const key = readFileSync(masterKey.path);
  rmSync(masterKey.path);
  await assert.rejects(openVault({ dir: dir.file('backups'), masterKey }), {
    code: 'STORE_KEY_WRONG',
    message: /one\.key is not there, and the backup store .* fingerprint [0-9a-f]{16}$/,
    hint: /recovery kit/,
  });
  assert.ok(!existsSync(masterKey.path), 'no other key took its place');
  writeFileSync(masterKey.path, key);
  await (await openVault({ dir: dir.file('backups'), masterKey })).close();
});

test('what was stored before encryption was switched on is told, and encrypted by the collection of garbage', async () => {
  await using dir = tempDir('later-key');
  const store = dir.file('backups');
  const options = { dir: store, graceMs: 0 };
  const source = new SourceModel();
  const plain = await openVault({ dir: store });
  await plain.start(groupId, replicaSetId, 'rs0', settings);
  source.nothing(at(100));
  source.nothing(at(110));
  const documents = [{ _id: 1, secret }];
  await scan(plain, [{ uuid, database: 'shop', name: 'orders', documents }], at(100), at(105));
  await source.send(plain);
  await plain.takeSnapshot(groupId, replicaSetId);
  assert.equal((await plain.use(groupId)).plainBytes, 0, 'of a store that is not encrypted nothing is said');
  await plain.close();
  const masterKey = { kind: 'file', path: dir.file('one.key') } as const;
  const { stores, close } = await openVaultStores({ ...options, masterKey });
  const { blocks } = await stores.group(groupId);
  const { bytes, plainBytes } = await blocks.use();
  assert.deepEqual([plainBytes, plainBytes > 0], [bytes, true]);
  await collectGroup(stores, groupId, new AbortController().signal);
  assert.equal((await blocks.use()).plainBytes, 0);
  await close();
  assert.ok(!bytesOf(join(store, 'groups', Buffer.from(groupId).toString('hex'), 'packs')).includes('LWPR\0\0\0\0'));
  const opened = await openVault({ dir: store, masterKey });
  const { viewId } = await opened.openView(groupId, replicaSetId, { optime: '110:1' });
  assert.deepEqual(await documentsOf(opened, viewId, uuid), documents);
  await opened.close();
});
