import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InjectOptions } from 'fastify';
import { rolePermissions } from '../../../../src/server/access/permissions.ts';
import type { Access, ListedRoute } from '../../../../src/server/http/server-app.ts';
import { role as knownRole, type Role } from '../../../../src/wire/api/access.ts';
import { startBackupFixture } from '../../../support/backup-fixture.ts';
import { addPerson, newSession, type TestPerson } from '../../../support/people.ts';
import { addGroup } from '../../../support/server-fixture.ts';
import { routeTable } from './route-table.ts';

const apiPrefix = '/api/v1';

function isPageOrFile(url: string): boolean {
  return url === '/*' || /^\/(settings|repo|restore|mib)\//.test(url);
}

function nameOf({ method, url }: ListedRoute): string {
  return `${method} ${url.replace(apiPrefix, '')}`;
}

test('every route of the server is in the table, with who may call it', async () => {
  await using fixture = await startBackupFixture([]);
  const routes = fixture.server.app.routeList.filter(({ method }) => method !== 'HEAD');
  const found = new Map(routes.map((route) => [nameOf(route), route.access]));
  for (const route of routes) {
    if (isPageOrFile(route.url)) assert.equal(route.access, 'public', nameOf(route));
    else
      assert.equal(
        routeTable.get(nameOf(route)),
        route.access,
        `test/unit/server/access/route-table.ts: ${nameOf(route)}`,
      );
  }
  for (const name of routeTable.keys()) assert.ok(found.has(name), `${name} is in the table, but not in the server`);
  const reading = [...routeTable].filter(([name, access]) => access === 'group.read' && !name.startsWith('GET '));
  // Asks the agent for what it sees anyway, or computes: nothing is kept. Who leaves changes nobody else.
  assert.deepEqual(
    reading.map(([name]) => name),
    [
      'POST /groups/:groupId/leave',
      'POST /groups/:groupId/hosts/:hostId/raw',
      'POST /groups/:groupId/alert-rules/target',
    ],
  );
});

test('every route of a group × every role: allowed is allowed, denied is 403, another group is 404, nobody is 401', async () => {
  await using fixture = await startBackupFixture(['rs0']);
  const { server, group } = fixture;
  const other = await addGroup(server, 'other');
  await addPerson(server, 'keeper@example.net', { roles: { [group.id]: ['owner'] } });
  const people = new Map<Role, TestPerson>();
  for (const role of knownRole.options) {
    people.set(role, await addPerson(server, `${role}@example.net`, { roles: { [group.id]: [role] } }));
  }
  const stranger = await addPerson(server, 'stranger@example.net', { roles: { [other.id]: ['owner'] } });
  const administrator = await addPerson(server, 'admin@example.net', { administrator: true });
  const strangeToken = { headers: { authorization: `Bearer ${other.token}` } };
  let tried = 0;
  for (const [name, access] of routeTable) {
    const [method = '', pattern = ''] = name.split(' ');
    if (!pattern.startsWith('/groups/:groupId') || access === 'administrator') continue;
    const status = async (who: { readonly headers: Readonly<Record<string, string>> }, groupId = group.id) => {
      const url = `${apiPrefix}${pattern.replace(':groupId', groupId).replace(/:\w+/g, 'none')}`;
      // Hijacked streams have no end: the head is enough.
      const reply = await server.app.inject({
        method,
        url,
        headers: who.headers,
        payloadAsStream: true,
      } as InjectOptions);
      const stream = reply.stream();
      if (pattern.endsWith('/stream') && reply.statusCode === 200) {
        stream.destroy();
        return { code: 200, text: '' };
      }
      return { code: reply.statusCode, text: Buffer.concat(await stream.toArray()).toString() };
    };
    for (const [role, person] of people) {
      const { code, text } = await status(person);
      const mayCall = Object.entries(rolePermissions).some(
        ([one, list]) => one === role && list.some((each) => each === access),
      );
      if (mayCall) {
        assert.ok(code !== 401 && code !== 403 && code < 500, `${role}: ${name}: ${code} ${text}`);
        assert.ok(!text.includes('there is no such group'), `${role}: ${name}: ${text}`);
      } else {
        assert.equal(code, 403, `${role}: ${name}: ${text}`);
        assert.ok(text.includes(access), `${name} does not say which permission it needs: ${text}`);
      }
      if (name.endsWith('/leave')) await server.context.stores.members.setRoles(group.id, person.user.id, [role]);
      tried++;
    }
    for (const who of [stranger, administrator, strangeToken]) {
      const { code, text } = await status(who);
      assert.equal(code, 404, `${name} of another group: ${text}`);
    }
    assert.equal((await status(stranger, 'g_none')).code, 404, `${name} of a group that is not there`);
    assert.equal((await status({ headers: {} })).code, 401, `${name} by nobody`);
  }
  assert.ok(tried >= 400, `only ${tried} calls`);
});

test('routes beside the groups: of people, of administrators, of agents, of everybody', async () => {
  await using fixture = await startBackupFixture([]);
  const { server, group } = fixture;
  const owner = await addPerson(server, 'owner@example.net', { roles: { [group.id]: ['owner'] } });
  const reader = await addPerson(server, 'reader@example.net', { roles: { [group.id]: ['readOnly'] } });
  const administrator = await addPerson(server, 'admin@example.net', { administrator: true });
  const token = { authorization: `Bearer ${group.token}` };
  const status = async (name: string, headers: Readonly<Record<string, string>>): Promise<number> => {
    const [method = '', pattern = ''] = name.split(' ');
    const url = `${/^\/(agent|health)\//.test(pattern) ? '' : apiPrefix}${pattern.replace(/:\w+/g, 'none')}`;
    return (await server.app.inject({ method, url, headers } as InjectOptions)).statusCode;
  };
  const expected: Readonly<Partial<Record<Access, (name: string) => Promise<void>>>> = {
    public: async (name) => {
      const code = await status(name, {});
      assert.ok(code !== 403 && code < 500, `${name}: ${code}`);
      assert.ok(code !== 401, `${name}: ${code}`);
    },
    user: async (name) => {
      assert.equal(await status(name, {}), 401, `${name} by nobody`);
      assert.notEqual(await status(name, token), 401, `${name} by a token`);
      const code = await status(name, await newSession(server, reader.user.id));
      assert.ok(code !== 401 && code !== 403 && code < 500, `${name}: ${code}`);
    },
    administrator: async (name) => {
      assert.equal(await status(name, {}), 401, `${name} by nobody`);
      assert.equal(await status(name, owner.headers), 403, `${name} by an owner`);
      assert.equal(await status(name, token), 403, `${name} by a token`);
      const code = await status(name, administrator.headers);
      assert.ok(code !== 401 && code !== 403 && code < 500, `${name}: ${code}`);
    },
    agent: async (name) => {
      assert.equal(await status(name, {}), 401, `${name} by nobody`);
      assert.equal(await status(name, token), 401, `${name} by a token`);
      assert.equal(await status(name, owner.headers), 401, `${name} by an owner`);
    },
  };
  for (const [name, access] of routeTable) await expected[access]?.(name);
});
