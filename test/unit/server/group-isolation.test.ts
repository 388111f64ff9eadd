import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  addGroup,
  api,
  hello,
  newAgent,
  reportBody,
  send,
  settingsOf,
  startFixture,
} from '../../support/server-fixture.ts';

const methods = ['GET', 'POST', 'PATCH', 'DELETE'] as const;

const rule = { name: 'r', condition: { kind: 'noPrimary' }, forMs: 0, severity: 'bad', enabled: true, steps: [] };
const notifier = { name: 'n', kind: 'webhook', url: 'http://127.0.0.1:1/', enabled: false };

/** Bodies that are valid, so that a refusal is about the group and not about the input. */
const bodies: Readonly<Record<string, object>> = {
  'POST /groups/:groupId/hosts': { host: 'db9:27017' },
  'PATCH /groups/:groupId/hosts/:hostId': { connectTo: 'db9:27017' },
  'PATCH /groups/:groupId': { name: 'taken' },
  'POST /groups/:groupId/keys': { name: 'k', scope: 'both' },
  'POST /groups/:groupId/tokens': { name: 't', roles: ['readOnly'] },
  'POST /groups/:groupId/alert-rules': rule,
  'PATCH /groups/:groupId/alert-rules/:id': { name: 'taken' },
  'POST /groups/:groupId/notifiers': notifier,
  'PATCH /groups/:groupId/notifiers/:id': { name: 'taken' },
};

test('every route of a group answers NOT_FOUND to a token of another group, and changes nothing', async () => {
  await using server = await startFixture();
  const [ours, theirs] = [await addGroup(server, 'A'), await addGroup(server, 'B')];
  const host = (await api(server, ours, 'POST', `/groups/${ours.id}/hosts`, { host: 'db1' })).json();
  const agent = newAgent(ours);
  await hello(server, agent);
  await settingsOf(server, agent);
  await send(server, agent, 'report', reportBody(server.clock.now()));
  const run = (await api(server, ours, 'POST', `/groups/${ours.id}/hosts/${host.id}/doctor`)).json();
  const madeRule = (await api(server, ours, 'POST', `/groups/${ours.id}/alert-rules`, rule)).json();
  const madeNotifier = (await api(server, ours, 'POST', `/groups/${ours.id}/notifiers`, notifier)).json().notifier;
  const madeDownload = (await api(server, ours, 'POST', `/groups/${ours.id}/downloads`)).json().download;
  assert.ok(madeRule.id && madeNotifier.id && madeDownload.id);
  const ids: Readonly<Record<string, string>> = {
    groupId: ours.id,
    hostId: host.id,
    agentId: agent.id,
    keyId: ours.agentKeyId,
    tokenId: ours.tokenId,
    orderId: run.orderId,
    downloadId: madeDownload.id,
  };
  const before = await stateOf(server, ours);
  let tried = 0;
  for (const { method, url } of groupRoutes(server)) {
    const id = (name: string): string => {
      if (name === 'id') return url.includes('notifiers') ? madeNotifier.id : madeRule.id;
      const known = ids[name];
      assert.ok(known !== undefined, `the test knows no ${name}, which ${url} names`);
      return known;
    };
    const path = url.replace(/:(\w+)/g, (_, name: string) => id(name));
    const own = url.replace(':groupId', theirs.id).replace(/:(\w+)/g, (_, name: string) => id(name));
    const body = bodies[`${method} ${url}`];
    const query = url.endsWith('/series') ? '?metric=m&from=1&to=2' : '';
    const foreign = await api(server, theirs, method, `${path}${query}`, body);
    assert.equal(foreign.statusCode, 404, `${method} ${path} with a token of another group: ${foreign.body}`);
    // Their own group with our ids: the ids must not be found there either.
    if (/:(?!groupId)/.test(url)) {
      const mixed = await api(server, theirs, method, `${own}${query}`, body);
      assert.equal(mixed.statusCode, 404, `${method} ${own} with ids of another group: ${mixed.body}`);
    }
    tried++;
  }
  assert.ok(tried >= 35, `only ${tried} routes were tried`);
  assert.deepEqual(await stateOf(server, ours), before);
});

test('every route of the API refuses a request without a session or token', async () => {
  await using server = await startFixture();
  const open = new Set(['POST /session', 'POST /session/link', 'GET /setup', 'POST /setup', 'GET /openapi.json']);
  let refused = 0;
  for (const { method, url } of allRoutes(server)) {
    if (open.has(`${method} ${url}`)) continue;
    const reply = await server.app.inject({ method, url: `/api/v1${url.replace(/:\w+/g, 'x')}` });
    assert.equal(reply.statusCode, 401, `${method} ${url}: ${reply.statusCode} ${reply.body}`);
    refused++;
  }
  assert.ok(refused >= 25, `only ${refused} routes were tried`);
});

function groupRoutes(server: Awaited<ReturnType<typeof startFixture>>) {
  return allRoutes(server).filter(({ url }) => url.startsWith('/groups/:groupId'));
}

function allRoutes({ app }: Awaited<ReturnType<typeof startFixture>>) {
  const paths = Object.entries(app.swagger().paths ?? {});
  return paths.flatMap(([path, operations]) => {
    const url = path.replace('/api/v1', '').replace(/\{(\w+)\}/g, ':$1');
    return methods.filter((method) => method.toLowerCase() in (operations ?? {})).map((method) => ({ method, url }));
  });
}

async function stateOf(server: Awaited<ReturnType<typeof startFixture>>, group: Awaited<ReturnType<typeof addGroup>>) {
  const { stores } = server.context;
  return {
    hosts: await stores.hosts.hosts(group.id),
    keys: (await stores.keys.agentKeys(group.id)).map(({ revokedAtMs }) => revokedAtMs),
    tokens: (await stores.keys.apiTokens(group.id)).map(({ revokedAtMs }) => revokedAtMs),
    agents: (await stores.agents.agents(group.id)).map(({ id, approved }) => [id, approved]),
    rules: (await api(server, group, 'GET', `/groups/${group.id}/alert-rules`)).body,
    notifiers: (await api(server, group, 'GET', `/groups/${group.id}/notifiers`)).body,
    downloads: (await api(server, group, 'GET', `/groups/${group.id}/downloads`)).body,
    name: (await stores.groups.group(group.id))?.name,
  };
}
