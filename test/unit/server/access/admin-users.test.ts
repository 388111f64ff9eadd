import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AdminRequest, adminRequest, runAdminAction } from '../../../../src/server/admin/admin-actions.ts';
import { addPerson, as } from '../../../support/people.ts';
import { startFixture } from '../../../support/server-fixture.ts';

test('leafward admin user: lists, takes off a second factor, makes administrators, disables, gives roles', async () => {
  await using server = await startFixture();
  const { stores, clock } = server.context;
  const ended: string[] = [];
  const run = (request: AdminRequest) =>
    runAdminAction({ stores, clock, url: async () => 'http://127.0.0.1', endStreams: (id) => ended.push(id) }, request);
  const init = {
    action: 'init',
    email: 'ann@example.net',
    password: 'correct horse battery',
    groupName: 'Shop',
  } as const;
  const { groupId = '' } = await run(init);
  const bob = await addPerson(server, 'bob@example.net');
  const secondFactor = { sealed: new Uint8Array([1]), sinceMs: 1, lastStep: 1 };
  await stores.accounts.setSecondFactor(bob.user.id, secondFactor);
  const of = { email: 'BOB@example.net' };
  await run({ action: 'user grant', ...of, groupName: 'Shop', roles: ['owner', 'dataAccess'] });
  assert.deepEqual((await run({ action: 'user list' })).users?.[1], {
    email: 'bob@example.net',
    administrator: false,
    disabled: false,
    secondFactor: true,
    groups: [{ name: 'Shop', roles: ['owner', 'dataAccess'] }],
  });
  await run({ action: 'user reset-second-factor', ...of });
  assert.equal((await stores.accounts.user(bob.user.id))?.secondFactor, null);
  await assert.rejects(run({ action: 'user remove-admin', email: 'ann@example.net' }), { code: 'CONFLICT' });
  await run({ action: 'user make-admin', ...of });
  assert.equal((await as(server, bob, 'GET', '/users')).statusCode, 200);
  await run({ action: 'user remove-admin', email: 'ann@example.net' });
  await assert.rejects(run({ action: 'user disable', ...of }), { code: 'CONFLICT' }, 'the last administrator now');
  await run({ action: 'user disable', email: 'ann@example.net' });
  await run({ action: 'user enable', email: 'ann@example.net' });
  await assert.rejects(run({ action: 'user enable', email: 'nobody@example.net' }), { code: 'NOT_FOUND' });
  await assert.rejects(run({ action: 'user grant', ...of, groupName: 'Shopp', roles: ['owner'] }), /no group Shopp/);
  assert.ok(ended.includes(bob.user.id), 'open pages are let go');
  const { events } = await stores.audit.page({ groupId, filter: {} }, { before: null, limit: 50 });
  const actions = events.map(({ action }) => action);
  assert.ok(actions.includes('member.joined'), actions.join());
  assert.equal(
    adminRequest.safeParse({ action: 'user grant', ...of, groupName: 'Shop', roles: ['operator'] }).success,
    false,
  );
});
