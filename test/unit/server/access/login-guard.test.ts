import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addPerson, as, type TestPerson } from '../../../support/people.ts';
import { addGroup, startFixture } from '../../../support/server-fixture.ts';

const login = { username: 'leafward', password: 'of the database' };
const typed = { username: 'mine', password: 'my own' };

/** What may be changed by PATCH of which host, by an owner (200 always) and by a monitoring admin. */
const table: readonly (readonly [host: 'own' | 'lent' | 'bare', change: object, monitoringAdmin: number])[] = [
  ['own', { connectTo: 'evil.example:27017' }, 403],
  ['own', { connectTo: null }, 200],
  ['own', { host: 'evil.example:27017' }, 403],
  ['own', { tls: false }, 403],
  ['own', { tls: null }, 403],
  ['own', { username: null, connectTo: 'other.example:27017' }, 200],
  ['lent', { username: null, connectTo: 'evil.example:27017' }, 403],
  ['own', { ...typed, connectTo: 'evil.example:27017' }, 200],
  ['own', { username: 'mine', connectTo: 'evil.example:27017' }, 403],
  ['own', { tags: ['eu'] }, 200],
  ['own', { authSource: 'other' }, 200],
  ['own', { password: 'rotated' }, 200],
  ['lent', { connectTo: 'evil.example:27017' }, 403],
  ['lent', { tls: false }, 403],
  ['lent', { ...typed, connectTo: 'evil.example:27017' }, 200],
  ['lent', { ...typed, tls: false }, 200],
  ['lent', { tags: ['eu'] }, 200],
  ['bare', { connectTo: 'other.example:27017', tls: false }, 200],
  ['bare', { host: 'other.example:27017' }, 200],
];

test('where a stored login is sent, and whether by TLS, an owner changes; a monitoring admin the rest', async () => {
  await using server = await startFixture();
  const group = await addGroup(server, 'Shop');
  const ann = await addPerson(server, 'ann@example.net', { roles: { [group.id]: ['owner'] } });
  const mo = await addPerson(server, 'mo@example.net', { roles: { [group.id]: ['monitoringAdmin'] } });
  const fleet = await server.context.fleet.group(group.id);
  const hosts = `/groups/${group.id}/hosts`;
  const add = async (host: string, fields: object): Promise<string> => {
    const reply = await as(server, ann, 'POST', hosts, { host, ...fields });
    assert.equal(reply.statusCode, 201, reply.body);
    return reply.json<{ id: string }>().id;
  };
  const ids = {
    own: await add('own.example:27017', { ...login, tls: true }),
    lent: await add('lent.example:27017', {}),
    donor: await add('donor.example:27017', { ...login, tls: true }),
    bare: await add('bare.example:27017', {}),
  };
  const places = { own: null, lent: 'rs', donor: 'rs', bare: null };
  const original = Object.entries(places).map(([name, replicaSetId]) => {
    return { ...fleet.host(ids[name as keyof typeof ids]), replicaSetId };
  });
  const tried = async (who: TestPerson, host: keyof typeof ids, change: object) => {
    await fleet.saveHosts(original);
    return as(server, who, 'PATCH', `${hosts}/${ids[host]}`, change);
  };
  for (const [host, change, status] of table) {
    const words = `${host} ${JSON.stringify(change)}`;
    const reply = await tried(mo, host, change);
    assert.equal(reply.statusCode, status, `${words}: ${reply.body}`);
    if (status === 403) assert.match(reply.body, /group\.own/, words);
    else assert.equal(reply.json<{ id: string }>().id, ids[host]);
    assert.equal((await tried(ann, host, change)).statusCode, 200, `an owner: ${words}`);
  }
  // In two steps: a login of one's own first, and then the set's again, which would follow the address.
  await tried(mo, 'lent', { ...typed, connectTo: 'evil.example:27017' });
  assert.equal((await as(server, mo, 'PATCH', `${hosts}/${ids.lent}`, { username: null })).statusCode, 403);
  // A host that was removed comes back with the login of its set, but to its own address alone.
  await fleet.saveHosts(original);
  assert.equal((await as(server, mo, 'DELETE', `${hosts}/${ids.lent}`)).statusCode, 204);
  const again = { host: 'lent.example:27017' };
  const elsewhere = await as(server, mo, 'POST', hosts, { ...again, connectTo: 'evil.example:27017' });
  assert.equal(elsewhere.statusCode, 403, elsewhere.body);
  assert.deepEqual(elsewhere.json<{ details: object }>().details, { permission: 'group.own', field: 'connectTo' });
  assert.equal((await as(server, mo, 'POST', hosts, { ...again, tls: false })).statusCode, 403);
  assert.equal((await as(server, mo, 'POST', hosts, again)).statusCode, 201);
  // A discovered host with a login of its own is "added" to change it.
  await fleet.saveHosts(original.map((host) => ({ ...host, seed: false })));
  const taken = await as(server, mo, 'POST', hosts, { host: 'own.example:27017', connectTo: 'evil.example:27017' });
  assert.equal(taken.statusCode, 403, taken.body);
});
