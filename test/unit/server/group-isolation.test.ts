import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type BackupFixture, setId, startBackupFixture } from '../../support/backup-fixture.ts';
import { addPerson } from '../../support/people.ts';
import {
  addGroup,
  api,
  hello,
  newAgent,
  settingsOf as pollSettings,
  reportBody,
  send,
  type TestGroup,
} from '../../support/server-fixture.ts';

const rule = { name: 'r', condition: { kind: 'noPrimary' }, severity: 'bad' };
const notifier = { name: 'n', kind: 'webhook', url: 'http://127.0.0.1:1/', enabled: false };
const hour = 3_600_000;

/** Bodies that are valid, so that a refusal is about the group and not about the input. */
const bodies: Readonly<Record<string, object>> = {
  'POST /hosts': { host: 'db9:27017' },
  'PATCH /hosts/:hostId': { connectTo: 'db9:27017' },
  'PATCH ': { name: 'taken' },
  'POST /keys': { name: 'k', scope: 'both' },
  'POST /tokens': { name: 't', roles: ['readOnly'] },
  'PATCH /members/:userId': { roles: ['owner'] },
  'POST /invitations': { email: 'eve@example.net', roles: ['owner'] },
  'POST /alert-rules': rule,
  'PATCH /alert-rules/:id': { name: 'taken' },
  'POST /alert-rules/preview': { rule, from: 1, to: 2 },
  'POST /alert-rules/target': {},
  'PATCH /maintenance-windows/:id': { name: 'taken' },
  'POST /notifiers': notifier,
  'PATCH /notifiers/:id': { name: 'taken' },
  'POST /alerts/:id/acknowledge': { note: 'taken' },
  'POST /alerts/acknowledge': { ids: ['al_1'] },
  'PATCH /exposure': { enabled: true },
  'PATCH /backups/:setId': { everyHours: 12 },
  'POST /backups/:setId/start': {},
  'POST /backups/:setId/resync': {},
  'POST /backups/:setId/terminate': { confirm: 'rs0' },
  'POST /backups/:setId/views': { atMs: 5000 },
  'POST /backups/:setId/find': { atMs: 5000, namespace: 'a.b' },
  'POST /backups/:setId/history': { namespace: 'a.b', id: 1 },
  'POST /backups/:setId/restore-links': { atMs: 5000, format: 'archive' },
};

const queries: Readonly<Record<string, string>> = {
  '/hosts/:hostId/series': '?metric=m&from=1&to=2',
  '/agents/:agentId/series': '?metric=m&from=1&to=2',
  '/backups/:setId/write-sources': '?from=1000&to=5000',
};

/** What changes by itself, or by being read. */
const restless = /\/(stream|audit|audit\.jsonl|tokens|chunks|series)$/;

/** One of everything that a path can name. Kinds of `:id` are told by the word before it. */
async function fill({ server, group, vault }: BackupFixture): Promise<(pattern: string) => string> {
  const make = async (path: string, body?: object): Promise<Record<string, unknown>> => {
    const reply = await api(server, group, 'POST', `/groups/${group.id}${path}`, body);
    assert.ok(reply.statusCode < 300, `POST ${path}: ${reply.statusCode} ${reply.body}`);
    return reply.json();
  };
  const inner = (answer: Record<string, unknown>, name: string): string => {
    const value = answer[name];
    assert.ok(typeof value === 'object' && value !== null && 'id' in value && typeof value.id === 'string', name);
    return value.id;
  };
  const rs0 = setId('rs0');
  const alertId = await openAlert(server, group);
  const agent = newAgent(group);
  await hello(server, agent);
  await pollSettings(server, agent);
  const host = await make('/hosts', { host: 'db1' });
  await send(server, agent, 'report', reportBody(server.clock.now()));
  const run = await make(`/hosts/${String(host['id'])}/doctor`);
  const member = await addPerson(server, 'member@example.net', { roles: { [group.id]: ['owner'] } });
  await addPerson(server, 'second@example.net', { roles: { [group.id]: ['owner'] } });
  await make(`/backups/${rs0}/start`, {});
  vault.view = { optime: { ts: 1_763_719_200n << 32n, term: 1 }, featureVersion: null, collections: [] };
  const operation = await make(`/backups/${rs0}/snapshots`, {});
  const view = await make(`/backups/${rs0}/views`, { atMs: 5000 });
  const link = await make(`/backups/${rs0}/restore-links`, { atMs: 5000, format: 'archive' });
  const window = await make('/maintenance-windows', {
    name: 'w',
    times: { kind: 'once', fromMs: server.clock.now(), toMs: server.clock.now() + hour },
  });
  const ids: Readonly<Record<string, string>> = {
    groupId: group.id,
    hostId: String(host['id']),
    agentId: agent.id,
    keyId: group.agentKeyId,
    tokenId: group.tokenId,
    orderId: String(run['orderId']),
    userId: member.user.id,
    invitationId: inner(await make('/invitations', { email: 'new@example.net', roles: ['readOnly'] }), 'invitation'),
    downloadId: inner(await make('/downloads', {}), 'download'),
    'alert-rules': String((await make('/alert-rules', rule))['id']),
    notifiers: inner(await make('/notifiers', notifier), 'notifier'),
    'maintenance-windows': String(window['id']),
    alerts: alertId,
    'dead-letters': 'dl_none',
    setId: rs0,
    snapshotId: 's1',
    operationId: String(operation['id']),
    viewId: String(view['viewId'] ?? view['id']),
    uuid: '0123456789abcdef0123456789abcdef',
    linkId: inner(link, 'link'),
  };
  return (pattern) =>
    pattern.replace(/([\w-]+\/)?:(\w+)/g, (_, before: string = '', name: string) => {
      const id = ids[name === 'id' ? before.slice(0, -1) : name];
      assert.ok(id !== undefined && id !== 'undefined', `the test knows no ${name}, which ${pattern} names`);
      return `${before}${id}`;
    });
}

/** No agent reports for some minutes, which is an alert. */
async function openAlert(server: BackupFixture['server'], group: TestGroup): Promise<string> {
  for (let minute = 0; minute < 8; minute++) {
    await server.look();
    server.clock.ms += 60_000;
  }
  const [alert] = (await api(server, group, 'GET', `/groups/${group.id}/alerts`)).json<{ id: string }[]>();
  assert.ok(alert !== undefined, 'no alert is open');
  return alert.id;
}

test('every route of a group answers 404 to a token of another group, and 404 to its ids in another group; nothing changes', async () => {
  await using fixture = await startBackupFixture(['rs0']);
  const { server, group: ours } = fixture;
  const theirs = await addGroup(server, 'other');
  const pathOf = await fill(fixture);
  const routes = server.app.routeList.filter(
    ({ method, url }) => method !== 'HEAD' && url.startsWith('/api/v1/groups/:groupId'),
  );
  const stateOf = async (): Promise<Record<string, string>> => {
    const state: Record<string, string> = {};
    for (const { method, url } of routes) {
      const pattern = url.replace('/api/v1/groups/:groupId', '');
      if (method !== 'GET' || restless.test(pattern) || pattern.includes('dead-letters')) continue;
      const reply = await api(server, ours, 'GET', `${pathOf(`/groups/:groupId${pattern}`)}${queries[pattern] ?? ''}`);
      assert.equal(reply.statusCode, 200, `${pattern}: the test's own ids are there: ${reply.body}`);
      state[pattern] = reply.body;
    }
    return state;
  };
  const before = await stateOf();
  let tried = 0;
  for (const { method, url } of routes) {
    const pattern = url.replace('/api/v1/groups/:groupId', '');
    const body = bodies[`${method} ${pattern}`] ?? (method === 'POST' || method === 'PATCH' ? {} : undefined);
    const query = queries[pattern] ?? '';
    const ask = (path: string) => api(server, theirs, method as 'GET', `${path}${query}`, body);
    const foreign = await ask(pathOf(`/groups/:groupId${pattern}`));
    assert.equal(foreign.statusCode, 404, `${method} ${pattern} with a token of another group: ${foreign.body}`);
    assert.ok(!foreign.body.includes('rs0') && !foreign.body.includes('db1'), 'a refusal tells nothing');
    tried++;
    if (!pattern.includes(':')) continue;
    // Their own group with our ids: the ids must not be found there either.
    const mixed = await ask(`/groups/${theirs.id}${pathOf(pattern)}`);
    assert.equal(mixed.statusCode, 404, `${method} ${pattern} with ids of another group: ${mixed.body}`);
  }
  assert.ok(tried >= 80, `only ${tried} routes were tried`);
  assert.deepEqual(await stateOf(), before);
});

test("an agent's key opens its own group alone, and a download's link its own settings", async () => {
  await using fixture = await startBackupFixture(['rs0']);
  const { server, group: ours } = fixture;
  const theirs = await addGroup(server, 'other');
  const spy = newAgent({ ...theirs, id: ours.id });
  const refused = await hello(server, spy);
  assert.equal(refused.statusCode, 401, refused.body);
  const settingsOf = async (group: TestGroup): Promise<string> => {
    const made = await api(server, group, 'POST', `/groups/${group.id}/downloads`, {});
    const [, token = ''] =
      /agents\/([^/]+)\//.exec(made.json<{ tarGzUrl: string }>().tarGzUrl) ?? assert.fail(made.body);
    return (await server.app.inject({ url: `/settings/agents/${token}/monitoring-agent.config` })).body;
  };
  const [own, other] = [await settingsOf(ours), await settingsOf(theirs)];
  assert.ok(own.includes(ours.id) && !own.includes(theirs.id), own);
  assert.ok(other.includes(theirs.id) && !other.includes(ours.id), other);
});
