import assert from 'node:assert/strict';
import { test } from 'node:test';
import { verifySignature } from '../../src/alerts/notifiers/webhook.ts';
import { addApiToken } from '../../src/server/access/accounts.ts';
import { alertRoutes } from '../../src/server/api/alerts.ts';
import { buildApp } from '../../src/server/app.ts';
import { Listeners } from '../../src/server/http/listeners.ts';
import { outboundSection } from '../../src/server/instance-settings/outbound-section.ts';
import { createAlerting } from '../../src/server/jobs/alerting.ts';
import { alertMigrations } from '../../src/storage/sqlite/alert-migrations.ts';
import { createAlertStore } from '../../src/storage/sqlite/alert-store.ts';
import { openSqlDatabase } from '../../src/storage/sqlite/open-database.ts';
import { member, setReport } from '../support/alert-snapshots.ts';
import {
  addGroup,
  api,
  hello,
  newAgent,
  reportBody,
  type ServerFixture,
  send,
  startFixture,
  type TestAgent,
} from '../support/server-fixture.ts';
import { tempDir } from '../support/temp-dir.ts';
import { webhookReceiver } from '../support/webhook-receiver.ts';

/** The server of the other tests, with alerting joined to it as the server command does. */
async function startWithAlerts() {
  await using resources = new AsyncDisposableStack();
  const dir = resources.use(tempDir('alerts'));
  const fixture = resources.use(await startFixture());
  const database = await openSqlDatabase(dir.path, [{ name: 'alerts', steps: alertMigrations }]);
  resources.defer(() => database.close());
  const alerting = createAlerting({ ...fixture.context, store: createAlertStore(database) });
  const context = { ...fixture.context, openAlerts: alerting.openAlerts };
  const app = await buildApp(context, {
    trustProxy: undefined,
    listeners: new Listeners(undefined),
    api: [(routes) => alertRoutes(routes, context, alerting)],
    root: [],
  });
  resources.defer(() => app.close());
  await app.ready();
  const owned = resources.move();
  const server: ServerFixture = { ...fixture, app };
  return { server, alerting, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

type Running = Awaited<ReturnType<typeof startWithAlerts>>;

/** The agent reports every 5 s that these members are up and those are not; the server looks each time. */
async function reports(
  { server, alerting }: Running,
  agent: TestAgent,
  hostIds: ReadonlyMap<string, string>,
  down: ReadonlySet<string>,
  times: number,
) {
  const names = [...hostIds.keys()];
  const sinceMs = server.clock.ms;
  for (let done = 1; done <= times; done++) {
    server.clock.ms += 5_000;
    const hosts = names.map((name) => ({
      hostId: hostIds.get(name),
      atMs: server.clock.ms,
      reachable: !down.has(name),
      missedPolls: down.has(name) ? done : 0,
      sinceMs,
      type: 'mongod',
      role: name === 'checkout-1' ? 'primary' : 'secondary',
      setName: 'checkout',
      replicaSetId: 'aaa',
      ...(down.has(name) ? { problem: { code: 'MONGODB_UNREACHABLE', message: 'connection refused', hint: '' } } : {}),
    }));
    const members = names.map((name, memberId) =>
      member(name, { memberId, state: name === 'checkout-1' ? 1 : 2, health: down.has(name) ? 0 : 1 }),
    );
    await send(server, agent, 'report', reportBody(server.clock.ms, { hosts, sets: [setReport(members)] }));
    await alerting.engine.lookAtAll();
  }
}

test('a member goes down and comes back: the API, the event log and the webhook tell it', async () => {
  await using running = await startWithAlerts();
  await using receiver = await webhookReceiver();
  const { server, alerting } = running;
  const group = await addGroup(server, 'shop');
  const path = `/groups/${group.id}`;
  const agent = newAgent(group);
  await hello(server, agent);
  const hostIds = new Map<string, string>();
  for (const name of ['checkout-1', 'checkout-2', 'checkout-3']) {
    hostIds.set(name, (await api(server, group, 'POST', `${path}/hosts`, { host: name })).json().id);
  }
  const made = await api(server, group, 'POST', `${path}/notifiers`, {
    name: 'On call',
    kind: 'webhook',
    url: receiver.url,
  });
  assert.equal(made.statusCode, 201, made.body);
  const { secret, notifier } = made.json();
  const tried = async () => (await api(server, group, 'POST', `${path}/notifiers/${notifier.id}/test`)).json();
  const refused = await tried();
  assert.deepEqual(
    [refused.report.ok, refused.report.detail, refused.notifier.lastAttempt.ok],
    [false, 'not connected: 127.0.0.1 is loopback', false],
  );
  await server.context.instance.change(outboundSection, { allow: ['127.0.0.1'] });
  assert.deepEqual((await tried()).report, { ok: true, detail: 'HTTP 200', body: null });

  await reports(running, agent, hostIds, new Set(), 3);
  assert.deepEqual((await api(server, group, 'GET', `${path}/alerts?state=active`)).json(), []);
  await reports(running, agent, hostIds, new Set(['checkout-3']), 14);
  const [open] = (await api(server, group, 'GET', `${path}/alerts?state=active`)).json();
  assert.equal(open?.title, 'checkout-3 is down, no answer for 1 min');
  assert.equal(open?.subject.id, hostIds.get('checkout-3'));
  assert.equal(alerting.openAlerts(group.id).length, 1);
  const acknowledged = await api(server, group, 'POST', `${path}/alerts/${open?.id}/acknowledge`);
  assert.deepEqual([acknowledged.json().state, acknowledged.json().acknowledgedBy], ['acknowledged', 'API token test']);

  await reports(running, agent, hostIds, new Set(), 8);
  const [closed] = (await api(server, group, 'GET', `${path}/alerts`)).json();
  assert.equal(closed?.state, 'closed');
  const stopping = new AbortController();
  const jobs = alerting.run(stopping.signal);
  while (receiver.received.length < 4) await new Promise(setImmediate);
  stopping.abort();
  await jobs;
  assert.deepEqual(
    receiver.received.map(({ body }) => JSON.parse(body).kind),
    ['test', 'alert.opened', 'alert.acknowledged', 'alert.closed'],
  );
  for (const { headers, body } of receiver.received) {
    assert.ok(verifySignature(String(headers['leafward-signature']), body, secret, server.clock.ms));
  }
  const log = (await api(server, group, 'GET', `${path}/events?hostId=${hostIds.get('checkout-3')}&limit=2`)).json();
  assert.deepEqual(
    log.events.map(({ kind }: { kind: string }) => kind),
    ['alertClosed', 'alertAcknowledged'],
  );
  const older = (
    await api(server, group, 'GET', `${path}/events?hostId=${hostIds.get('checkout-3')}&before=${log.nextBefore}`)
  ).json();
  assert.deepEqual(
    older.events.map(({ kind }: { kind: string }) => kind),
    ['alertOpened'],
  );
});

test('when the agent falls silent, its alert is the only one, and hosts neither open nor close', async () => {
  await using running = await startWithAlerts();
  const { server, alerting } = running;
  const group = await addGroup(server, 'shop');
  const agent = newAgent(group);
  await hello(server, agent);
  const hostIds = new Map<string, string>();
  for (const name of ['checkout-1', 'checkout-2', 'checkout-3']) {
    hostIds.set(name, (await api(server, group, 'POST', `/groups/${group.id}/hosts`, { host: name })).json().id);
  }
  await reports(running, agent, hostIds, new Set(['checkout-2']), 14);
  const before = alerting.openAlerts(group.id).map(({ title }) => title);
  assert.deepEqual(before, ['checkout-2 is down, no answer for 1 min']);
  for (let looks = 0; looks < 40; looks++) {
    server.clock.ms += 5_000;
    await alerting.engine.lookAtAll();
  }
  const titles = alerting.openAlerts(group.id).map(({ title }) => title);
  assert.equal(titles.length, 2);
  assert.equal(titles[0], before[0]);
  assert.match(titles[1] ?? '', /^The agent on mon1 has not reported for \d min( \d+ s)?$/);
});

test('rules and notifiers by API: defaults, limits of roles, another group, and no secret in what is read back', async () => {
  await using running = await startWithAlerts();
  const { server } = running;
  const group = await addGroup(server, 'shop');
  const other = await addGroup(server, 'other');
  const path = `/groups/${group.id}`;
  const rules = (await api(server, group, 'GET', `${path}/alert-rules`)).json();
  const on = rules
    .filter(({ enabled }: { enabled: boolean }) => enabled)
    .map(({ condition }: { condition: { kind: string } }) => condition.kind);
  for (const kind of [
    'hostDown',
    'hostUnreachable',
    'hostRecovering',
    'noPrimary',
    'agentDown',
    'lagAbove',
    'oplogWindowBelow',
  ]) {
    assert.ok(on.includes(kind), kind);
  }
  const made = await api(server, group, 'POST', `${path}/alert-rules`, {
    name: 'Busy',
    condition: { kind: 'metric', metric: 'cpu.busy', above: 90 },
    severity: 'warn',
  });
  assert.equal(made.statusCode, 201, made.body);
  const ruleId = made.json().id;
  const changed = await api(server, group, 'PATCH', `${path}/alert-rules/${ruleId}`, { forMs: 60_000, enabled: false });
  assert.deepEqual([changed.json().forMs, changed.json().enabled, changed.json().name], [60_000, false, 'Busy']);
  const cases: readonly (readonly [string, string, object | undefined, number])[] = [
    ['PATCH', `${path}/alert-rules/nope`, { enabled: true }, 404],
    ['DELETE', `${path}/alert-rules/default-hostDown`, undefined, 409],
    [
      'POST',
      `${path}/alert-rules`,
      { name: 'x', condition: { kind: 'metric', metric: 'cpu.busy' }, severity: 'warn' },
      400,
    ],
    ['POST', `${path}/alert-rules`, { name: 'x', condition: { kind: 'lagAbove', seconds: 0 }, severity: 'warn' }, 400],
    ['POST', `${path}/notifiers`, { name: 'x', kind: 'webhook', url: 'ftp://example.net/' }, 400],
    ['POST', `${path}/alerts/al_x/acknowledge`, undefined, 404],
    ['DELETE', `${path}/alert-rules/${ruleId}`, undefined, 204],
    ['GET', `${path}/events?limit=0`, undefined, 400],
  ];
  for (const [method, url, body, status] of cases) {
    const reply = await api(server, group, method as 'GET', url, body);
    assert.equal(reply.statusCode, status, `${method} ${url}: ${reply.body}`);
  }
  const notifier = await api(server, group, 'POST', `${path}/notifiers`, {
    name: 'On call',
    kind: 'webhook',
    url: 'https://hooks.example.net/',
  });
  const listed = await api(server, group, 'GET', `${path}/notifiers`);
  assert.ok(!listed.body.includes(notifier.json().secret) && !listed.body.toLowerCase().includes('secret'));
  for (const stranger of ['alerts', 'alert-rules', 'notifiers', 'events']) {
    assert.ok((await api(server, other, 'GET', `${path}/${stranger}`)).statusCode >= 403, stranger);
  }
  const { secret: token, token: record } = await addApiToken(server.context, group.id, 'screen', ['readOnly']);
  const viewer = { ...group, token, tokenId: record.id };
  assert.equal((await api(server, viewer, 'GET', `${path}/alerts`)).statusCode, 200);
  assert.equal(
    (await api(server, viewer, 'PATCH', `${path}/alert-rules/default-hostDown`, { enabled: false })).statusCode,
    403,
  );
  assert.equal((await api(server, viewer, 'GET', `${path}/notifiers`)).statusCode, 403);
});
