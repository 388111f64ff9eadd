import assert from 'node:assert/strict';
import { existsSync, statSync } from 'node:fs';
import { test } from 'node:test';
import { openVault } from '../../../src/cli/open-vault.ts';
import { startVaultThread } from '../../../src/cli/vault-thread.ts';
import { timestampText } from '../../../src/model/optime.ts';
import { AppError } from '../../../src/runtime/errors.ts';
import type { VaultService } from '../../../src/vault/ports.ts';
import { eventually } from '../../support/eventually.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { at, documentsOf, groupId, replicaSetId, SourceModel, scan, settings } from '../../unit/vault/source-model.ts';

const uuid = '11'.repeat(16);
const documents = Array.from({ length: 300 }, (_, index) => ({ _id: index, text: 'x'.repeat(50) }));

function closing(vault: VaultService): VaultService & AsyncDisposable {
  return Object.assign(vault, { [Symbol.asyncDispose]: () => vault.close() });
}

async function fill(vault: VaultService): Promise<void> {
  const source = new SourceModel();
  await vault.start(groupId, replicaSetId, 'rs0', settings);
  source.nothing(at(100));
  source.nothing(at(110));
  await scan(vault, [{ uuid, database: 'shop', name: 'orders', documents }], at(100), at(110));
  source.delete(at(120), 'shop.orders', uuid, 3);
  source.nothing(at(130));
  await source.send(vault);
  await eventually(async () => (await vault.snapshots(groupId, replicaSetId)).length === 1);
}

async function countAt(vault: VaultService, ts: bigint): Promise<number> {
  const { viewId } = await vault.openView(groupId, replicaSetId, { optime: timestampText(ts) });
  return (await documentsOf(vault, viewId, uuid)).length;
}

/** Bytes that a reader is sent of a moment, and the documents in them. */
async function sentAt(vault: VaultService, ts: bigint, packed: boolean): Promise<readonly [number, number]> {
  const { viewId } = await vault.openView(groupId, replicaSetId, { optime: timestampText(ts) }, { packed });
  const chunks = await vault.readView(viewId, uuid, null, 2 ** 24);
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  return [sum(chunks.map(({ stored }) => stored.length)), sum(chunks.map((chunk) => chunk.documents))];
}

test('a vault in its thread keeps what it acknowledged, encrypted, and is read without a server', async () => {
  await using dir = tempDir('vault');
  const masterKey = { kind: 'file', path: dir.file('keys/vault.key') } as const;
  const options = { dir: dir.file('backups'), masterKey };
  {
    await using vault = closing(await startVaultThread(options));
    await fill(vault);
    assert.equal(await countAt(vault, at(110)), 300);
    assert.equal(await countAt(vault, at(130)), 299);
    // What newer runs touched is compressed for readers that are far alone.
    const [[near, found], [far, same]] = [await sentAt(vault, at(130), false), await sentAt(vault, at(130), true)];
    assert.deepEqual([found, same], [299, 299]);
    assert.ok(far < near / 2, `${far} and ${near} bytes`);
    assert.equal(statSync(masterKey.path).mode & 0o777, 0o600);
    await assert.rejects(
      vault.openView(groupId, replicaSetId, { optime: '99:1' }),
      (thrown) =>
        thrown instanceof AppError &&
        thrown.code === 'NOT_RESTORABLE' &&
        thrown.details['until'] === '130:1' &&
        thrown.hint.length > 0,
    );
    // Beside the server that writes it.
    await using beside = closing(await openVault({ ...options, readOnly: true }));
    assert.equal(await countAt(beside, at(130)), 299);
    await assert.rejects(beside.stop(groupId, replicaSetId), { code: 'FORBIDDEN' });
  }
  await using again = closing(await startVaultThread(options));
  assert.equal(await countAt(again, at(130)), 299);
  assert.equal((await again.set(groupId, replicaSetId))?.checkpoint?.ts, at(130));
});

test('another master key, or none, opens nothing and says which one is wanted', async () => {
  await using dir = tempDir('vault');
  const options = { dir: dir.file('backups'), masterKey: { kind: 'file', path: dir.file('one.key') } as const };
  {
    await using vault = closing(await openVault(options));
    await vault.start(groupId, replicaSetId, 'rs0', settings);
    await vault.blockKey(groupId);
  }
  const other = { kind: 'file', path: dir.file('other.key') } as const;
  await assert.rejects(startVaultThread({ ...options, masterKey: other }), { code: 'STORE_KEY_WRONG' });
  await assert.rejects(openVault({ dir: options.dir }), {
    code: 'STORE_KEY_WRONG',
    message: /fingerprint [0-9a-f]{16}/,
  });
  assert.ok(existsSync(options.masterKey.path));
});
