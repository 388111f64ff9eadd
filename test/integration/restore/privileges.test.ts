import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MongoClient } from 'mongodb';
import { startMongod } from '../../support/mongod.ts';
import { startReplicaSet } from '../../support/replica-set.ts';
import { memorySource, readDatabases } from '../../support/restore-source.ts';
import { fillEveryKind } from './every-kind.ts';
import { runRestore } from './run-restore.ts';

test('the roles that docs/restore.md names are enough for everything', async () => {
  await using from = await startMongod();
  await using source = await from.connect();
  await fillEveryKind(source, from.port, '6.0');
  await source.db('shop').command({ createRole: 'reader', privileges: [], roles: [] });
  await source.db('shop').command({ createUser: 'anna', pwd: 'one', roles: ['reader'] });
  const view = memorySource(await readDatabases(source, ['test', 'shop', 'admin']), { sourceVersion: '6.0.5' });
  await using to = await startReplicaSet({ auth: { user: 'root', password: 'secret' } });
  await using root = await to.connect();
  const roles = ['restore', 'readWriteAnyDatabase'];
  await root.db('admin').command({ createUser: 'restorer', pwd: 'two', roles });
  const uri = to.uri.replace('mongodb://', 'mongodb://restorer:two@');

  const report = await runRestore(view, uri, { usersAndRoles: true });
  assert.deepEqual(report.refusals, []);
  for (const database of ['shop', 'test'])
    assert.deepEqual(await hashes(root, database), await hashes(source, database));
  await runRestore(view, uri, { drop: true });

  await root.db('admin').command({ updateUser: 'restorer', roles: ['readWriteAnyDatabase'] });
  await assert.rejects(runRestore(view, uri, { drop: true }), {
    code: 'MONGODB_PRIVILEGE_MISSING',
    message: /: not authorized on \w+ to [^{}]+$/,
    hint: 'The user of --to needs the roles restore and readWriteAnyDatabase on admin (docs/restore.md).',
  });
});

async function hashes(client: MongoClient, database: string): Promise<unknown> {
  return (await client.db(database).command({ dbHash: 1 }))['collections'];
}
