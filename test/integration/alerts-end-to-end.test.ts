import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { z } from 'zod';
import { verifySignature } from '../../src/alerts/notifiers/webhook.ts';
import type { Alert, Event } from '../../src/wire/api/alerts.ts';
import { runApp, startApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { startReplicaSet } from '../support/replica-set.ts';
import { tempDir } from '../support/temp-dir.ts';
import { webhookReceiver } from '../support/webhook-receiver.ts';

const env = { LEAFWARD_ALLOW_ROOT: 'true' };

/** Notifications to the machine of the server are refused until its administrator allows them. */
async function allowOwnMachine(url: string): Promise<void> {
  const json = { 'content-type': 'application/json' };
  const account = { email: 'ann@example.net', password: 'correct horse battery' };
  const signIn = await fetch(`${url}/api/v1/session`, { method: 'POST', headers: json, body: JSON.stringify(account) });
  const cookie = signIn.headers.getSetCookie().map((each) => each.split(';')[0]);
  const { csrf } = z.object({ csrf: z.string() }).parse(await signIn.json());
  const allowed = await fetch(`${url}/api/v1/instance/outbound`, {
    method: 'PATCH',
    headers: { ...json, cookie: cookie.join('; '), 'leafward-csrf': csrf },
    body: JSON.stringify({ allow: ['127.0.0.1'] }),
  });
  assert.equal(allowed.status, 200, await allowed.text());
}

test('a member of a real replica set is killed and comes back: server and agent say so in the right words', async () => {
  await using dir = tempDir('outage');
  await using receiver = await webhookReceiver();
  const settling = startReplicaSet({ name: 'checkout', members: 3 });
  await using _ended = { [Symbol.asyncDispose]: async () => (await settling)[Symbol.asyncDispose]() };
  writeFileSync(dir.file('password'), 'correct horse battery\n');
  const account = ['--email', 'ann@example.net', '--password-file', dir.file('password'), '--group', 'Shop'];
  const made = await runApp(['admin', 'init', '--data-dir', dir.file('server'), ...account, '--json'], { env });
  assert.equal(made.status, 0, made.stderr);
  const { groupId, agentKey, apiToken } = JSON.parse(made.stdout);
  await using server = startApp(['server', '--data-dir', dir.file('server'), '--listen', '127.0.0.1:0'], { env });
  const [, url = ''] = await server.line(/ready url=(\S+)/);
  await allowOwnMachine(url);
  const api = async <T>(method: string, path: string, body?: object): Promise<T> => {
    const reply = await fetch(`${url}/api/v1/groups/${groupId}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${apiToken}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(120_000),
    });
    assert.ok(reply.ok, `${method} ${path}: ${reply.status}`);
    return reply.json() as Promise<T>;
  };
  const active = () => api<Alert[]>('GET', '/alerts?state=active');

  const set = await settling;
  await api('PATCH', '', { intervalMs: 1_000 });
  // As the built-in rule is, but for its patience: a minute without an answer, half a minute with one.
  await api('PATCH', '/alert-rules/default-hostDown', {
    condition: { kind: 'hostDown', seconds: 8 },
    closeAfterMs: 5_000,
  });
  const { secret } = await api<{ secret: string }>('POST', '/notifiers', {
    name: 'On call',
    kind: 'webhook',
    url: receiver.url,
  });
  await api('POST', '/hosts', { host: set.hosts[0] });
  const settings = [
    `serverUrl = ${url}`,
    `groupId = ${groupId}`,
    `apiKey = ${agentKey}`,
    `stateDir = ${dir.file('agent')}`,
  ];
  writeFileSync(dir.file('agent.config'), `${settings.join('\n')}\n`, { mode: 0o600 });
  await using agent = startApp(['monitoring-agent', '--settings', dir.file('agent.config')], { env });
  await agent.line(/monitoring agent runs/);
  await eventually(
    async () => {
      const hosts = await api<{ status: { health: string } }[]>('GET', '/hosts');
      return hosts.length === 3 && hosts.every(({ status }) => status.health === 'ok');
    },
    { timeoutMs: 240_000, what: 'all three members are watched and healthy' },
  );
  const primary = await set.primary();
  const victim = set.members.find((member) => member !== primary);
  assert.ok(victim !== undefined);
  await victim.crash();
  // A machine that stands still for eight seconds may open one for each of the others too.
  const isOfVictim = ({ ruleId, subject }: Alert): boolean =>
    ruleId === 'default-hostDown' && subject.label === victim.host;
  const unseen = /no healthy member of a replica set sees it up.*Check that the machine is up and mongod runs/s;
  const down = await eventually(
    async () => (await active()).find((alert) => isOfVictim(alert) && unseen.test(alert.detail)),
    { timeoutMs: 240_000, what: 'the alert opens' },
  );
  assert.match(down.title, new RegExp(`^${RegExp.escape(victim.host)} is down, no answer for \\d+ s$`));

  await victim.restart();
  await eventually(async () => !(await active()).some(isOfVictim), { timeoutMs: 240_000, what: 'the alert closes' });
  const told = await eventually(
    () => {
      const ofAlert = receiver.received.filter(({ body }) => JSON.parse(body).alert?.id === down.id);
      return ofAlert.length >= 2 && ofAlert;
    },
    { what: 'both notifications' },
  );
  assert.deepEqual(
    told.map(({ body }) => JSON.parse(body).kind),
    ['alert.opened', 'alert.closed'],
  );
  for (const { headers, body, atMs } of told)
    assert.ok(verifySignature(String(headers['leafward-signature']), body, secret, atMs));
  const { events } = await api<{ events: Event[] }>('GET', `/events?hostId=${down.subject.id}`);
  const kinds = events.map(({ kind }) => kind);
  for (const kind of ['alertOpened', 'alertClosed', 'unreachable', 'reachable'])
    assert.ok(kinds.includes(kind), `${kind} in ${kinds.join(', ')}`);

  const condition = { kind: 'metric', metric: 'connections.current', above: 0 };
  const { id } = await api<{ id: string }>('POST', '/alert-rules', {
    name: 'Any connection',
    condition,
    severity: 'warn',
  });
  const busy = await eventually(
    async () => {
      const ofRule = (await active()).filter(({ ruleId }) => ruleId === id);
      return ofRule.length === 3 && ofRule;
    },
    { what: 'a metric of all members' },
  );
  for (const { title } of busy) assert.match(title, /^Connections on 127\.0\.0\.1:\d+ is \d+, above 0$/);
});
