import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GroupOverview } from '../../../../src/wire/api/people.ts';
import { setId, startBackupFixture } from '../../../support/backup-fixture.ts';
import { addPerson, as, statuses, type TestPerson } from '../../../support/people.ts';
import {
  addGroup,
  agentHeadersOf,
  api,
  hello,
  newAgent,
  type ServerFixture,
  startFixture,
  type TestGroup,
} from '../../../support/server-fixture.ts';

async function overviews(server: ServerFixture, admin: TestPerson): Promise<readonly GroupOverview[]> {
  const reply = await as(server, admin, 'GET', '/instance/groups');
  assert.equal(reply.statusCode, 200, reply.body);
  // Groups of the same millisecond stand in the order of their ids, which are random.
  return reply.json<GroupOverview[]>().toSorted((one, other) => one.name.localeCompare(other.name));
}

const remove = (server: ServerFixture, admin: TestPerson, { id }: TestGroup) =>
  as(server, admin, 'DELETE', `/instance/groups/${id}`);

test('who is a member leaves by themselves, without a second factor too; the last owner stays, of two at once as well', async () => {
  await using server = await startFixture();
  const group = await addGroup(server, 'Shop');
  const roles = (...list: ('owner' | 'readOnly')[]) => ({ roles: { [group.id]: list } });
  const ann = await addPerson(server, 'ann@example.net', roles('owner'));
  const bob = await addPerson(server, 'bob@example.net', roles('owner'));
  const eve = await addPerson(server, 'eve@example.net', roles('readOnly'));
  const leave = (who: TestPerson) => as(server, who, 'POST', `/groups/${group.id}/leave`);
  let ended = 0;
  const owner = { userId: eve.user.id, key: 'x' };
  server.context.hub.subscribe(
    group.id,
    () => true,
    () => ended++,
    owner,
  );
  await as(server, ann, 'PATCH', `/groups/${group.id}`, { secondFactorRequired: true });
  assert.equal((await as(server, eve, 'GET', `/groups/${group.id}/hosts`)).json().code, 'SECOND_FACTOR_REQUIRED');
  assert.equal((await leave(eve)).statusCode, 204);
  assert.equal(ended, 1, 'open pages are let go');
  assert.equal((await leave(eve)).statusCode, 404, 'the group is not theirs any more');
  assert.deepEqual(statuses(await Promise.all([leave(ann), leave(bob)])), [204, 409]);
  const { events } = await server.context.stores.audit.page(
    { groupId: group.id, filter: { action: 'member.left' } },
    { before: null, limit: 10 },
  );
  assert.deepEqual(events.at(-1)?.actor, { kind: 'user', id: eve.user.id, name: 'eve@example.net' });
  assert.equal(events.length, 2);
  const token = await api(server, group, 'POST', `/groups/${group.id}/leave`);
  assert.equal(token.statusCode, 403, 'a token is nobody');
});

test('administrators see every group; one without members is taken over or deleted with all that belongs to it', async () => {
  await using server = await startFixture();
  const admin = await addPerson(server, 'admin@example.net', { administrator: true });
  const group = await addGroup(server, 'Left behind');
  const shop = await addGroup(server, 'Shop');
  const ann = await addPerson(server, 'ann@example.net', { roles: { [shop.id]: ['owner'] } });
  const agent = newAgent(group);
  assert.equal((await hello(server, agent)).statusCode, 200);
  await api(server, group, 'POST', `/groups/${group.id}/hosts`, { host: 'db1:27017' });
  await api(server, group, 'POST', `/groups/${group.id}/invitations`, { email: 'bob@example.net', roles: ['owner'] });
  await server.look();
  const none = { createdAtMs: server.clock.ms, metricBytes: 0, backedUpSets: 0, backupBytes: 0 };
  assert.deepEqual(await overviews(server, admin), [
    { id: group.id, name: 'Left behind', members: 0, owners: [], hosts: 1, agents: 1, ...none },
    { id: shop.id, name: 'Shop', members: 1, owners: ['ann@example.net'], hosts: 0, agents: 0, ...none },
  ]);
  assert.equal((await remove(server, admin, shop)).json().code, 'CONFLICT', 'it has a member');
  const adopted = await as(server, admin, 'PUT', `/users/${admin.user.id}/groups/${group.id}`, { roles: ['owner'] });
  assert.equal(adopted.statusCode, 200, adopted.body);
  assert.equal((await remove(server, admin, group)).json().code, 'CONFLICT', 'now it has a member again');
  await server.context.stores.members.setRoles(group.id, ann.user.id, ['owner']);
  for (const who of [admin, ann]) await server.context.stores.members.setRoles(group.id, who.user.id, ['readOnly']);
  await as(server, admin, 'POST', `/groups/${group.id}/leave`);
  assert.equal((await remove(server, admin, group)).statusCode, 409);
});

test('a group that is deleted while somebody works in it takes everything along, and nobody gets in any more', async () => {
  await using server = await startFixture();
  const admin = await addPerson(server, 'admin@example.net', { administrator: true });
  const group = await addGroup(server, 'Left behind');
  const shop = await addGroup(server, 'Shop');
  const agent = newAgent(group);
  for (const one of [agent, newAgent(shop)]) assert.equal((await hello(server, one)).statusCode, 200);
  const hostOf = async (of: TestGroup) => {
    const reply = await api(server, of, 'POST', `/groups/${of.id}/hosts`, { host: 'db1:27017' });
    await api(server, of, 'POST', `/groups/${of.id}/invitations`, { email: 'bob@example.net', roles: ['owner'] });
    return reply.json<{ id: string }>().id;
  };
  const hostId = await hostOf(group);
  await hostOf(shop);
  await server.look();
  let ended = 0;
  server.context.hub.subscribe(
    group.id,
    () => true,
    () => ended++,
    { userId: null, key: group.tokenId },
  );
  assert.equal((await remove(server, admin, group)).statusCode, 204);
  assert.equal(ended, 1);
  assert.deepEqual(server.metrics.removed.toSorted(), [agent.id, hostId].toSorted());
  assert.deepEqual(
    (await overviews(server, admin)).map(({ name, hosts }) => [name, hosts]),
    [['Shop', 1]],
  );
  const refused = { url: '/agent/v1/settings?version=0&waitSeconds=0', headers: agentHeadersOf(agent) };
  assert.equal((await server.app.inject(refused)).json().code, 'KEY_REFUSED');
  assert.equal((await api(server, group, 'GET', `/groups/${group.id}/hosts`)).statusCode, 401);
  assert.equal((await as(server, admin, 'GET', `/groups/${group.id}`)).statusCode, 404);
  assert.equal((await remove(server, admin, group)).statusCode, 404);
  await server.look();
});

test('of a deletion and somebody who joins at once either is done, never both', async () => {
  await using server = await startFixture();
  const admin = await addPerson(server, 'admin@example.net', { administrator: true });
  for (let i = 0; i < 5; i++) {
    const group = await addGroup(server, `Left ${i}`);
    const join = () => as(server, admin, 'PUT', `/users/${admin.user.id}/groups/${group.id}`, { roles: ['owner'] });
    const [removed, joined] =
      i % 2 === 0
        ? await Promise.all([remove(server, admin, group), join()])
        : await Promise.all([join(), remove(server, admin, group)]).then((both) => both.toReversed());
    const isGone = (await server.context.stores.groups.group(group.id)) === undefined;
    const isMember = (await server.context.stores.groups.rolesOf(admin.user.id)).some(
      ({ groupId }) => groupId === group.id,
    );
    assert.equal(isGone, !isMember, `${removed?.statusCode} ${joined?.statusCode}`);
    assert.equal(removed?.statusCode === 204, isGone);
    assert.equal(joined?.statusCode === 200, isMember);
  }
});

test('a group that holds backups is not deleted, nor are they', async () => {
  await using fixture = await startBackupFixture(['rs0']);
  const { server, group } = fixture;
  const admin = await addPerson(server, 'admin@example.net', { administrator: true });
  const started = await api(server, group, 'POST', `/groups/${group.id}/backups/${setId('rs0')}/start`, {});
  assert.ok(started.statusCode < 300, started.body);
  assert.equal((await overviews(server, admin))[0]?.backedUpSets, 1);
  const refused = await remove(server, admin, group);
  assert.deepEqual([refused.statusCode, refused.json().code], [409, 'CONFLICT']);
  assert.match(refused.body, /backups of 1 replica set/);
});
