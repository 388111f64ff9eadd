import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startMongod } from '../../support/mongod.ts';
import { memorySource, readDatabases } from '../../support/restore-source.ts';
import { runRestore } from './run-restore.ts';

for (const version of ['6.0', '4.4'] as const) {
  test(`users and roles come back into a mongod ${version} when asked, and those it has stay`, async () => {
    await using from = await startMongod({ version });
    await using to = await startMongod({ version });
    await using source = await from.connect();
    await using target = await to.connect();
    const privileges = [{ resource: { db: 'shop', collection: 'orders' }, actions: ['find'] }];
    await source.db('shop').command({ createRole: 'reader', privileges, roles: [] });
    await source.db('shop').command({ createUser: 'anna', pwd: 'one', roles: ['reader'] });
    await source.db('shop').collection('orders').insertOne({ n: 1 });
    await target.db('admin').command({ createUser: 'own', pwd: 'two', roles: ['root'] });
    const view = memorySource(await readDatabases(source, ['shop', 'admin']));

    const without = await runRestore(view, to.uri);
    assert.equal(without.accounts, 0);
    assert.deepEqual(await usersOf(target), ['admin.own']);

    const { accounts, refusals } = await runRestore(view, to.uri, { usersAndRoles: true, drop: true });
    assert.deepEqual(refusals, []);
    assert.equal(accounts, 2);
    assert.deepEqual(await usersOf(target), ['admin.own', 'shop.anna']);
    const { roles } = await target.db('shop').command({ rolesInfo: 'reader', showPrivileges: true });
    assert.deepEqual(roles[0].privileges, privileges);
    await using anna = await to.connect({ auth: { username: 'anna', password: 'one' }, authSource: 'shop' });
    assert.equal(await anna.db('shop').collection('orders').countDocuments({}), 1);
    const left = await target.db('admin').listCollections({}, { nameOnly: true }).toArray();
    assert.deepEqual(
      left.filter(({ name }) => name.startsWith('leafward')),
      [],
    );
  });
}

async function usersOf(
  client: Awaited<ReturnType<Awaited<ReturnType<typeof startMongod>>['connect']>>,
): Promise<string[]> {
  const { users } = await client.db('admin').command({ usersInfo: { forAllDBs: true } });
  return users.map(({ _id }: { _id: string }) => _id).toSorted();
}
