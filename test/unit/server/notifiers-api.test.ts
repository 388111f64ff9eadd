import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addFirstOwner } from '../../../src/server/access/accounts.ts';
import { addGroup, api, type ServerFixture, startFixture } from '../../support/server-fixture.ts';
import { testSmtpServer } from '../../support/smtp-server.ts';
import { webhookReceiver } from '../../support/webhook-receiver.ts';

const account = { email: 'ann@example.net', password: 'correct horse battery', groupName: 'Shop' };

/** Requests of the first account, which administers the instance. */
async function administrator(server: ServerFixture) {
  await addFirstOwner(server.context, account);
  const { email, password } = account;
  const signIn = await server.app.inject({ method: 'POST', url: '/api/v1/session', payload: { email, password } });
  const headers = {
    cookie: String(signIn.headers['set-cookie']).split(';')[0] ?? '',
    'leafward-csrf': signIn.json().csrf as string,
  };
  const groupId = signIn.json().groups[0].id as string;
  const send = (method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, payload?: object) =>
    server.app.inject({ method, url: `/api/v1${path}`, headers, ...(payload === undefined ? {} : { payload }) });
  return { groupId, send };
}

test('sections of the instance: fresh values, changes, what is wrong is named, passwords are never given back', async () => {
  await using server = await startFixture();
  const { send } = await administrator(server);
  assert.deepEqual((await send('GET', '/instance/outbound')).json(), { allowPrivate: false, allow: [] });
  const bad = await send('PATCH', '/instance/outbound', { allow: ['10.0.0.0/99'] });
  assert.deepEqual([bad.statusCode, bad.json().details], [400, { field: 'allow' }]);
  const changed = await send('PATCH', '/instance/outbound', { allow: ['10.0.0.0/8', '10.0.0.0/8'] });
  assert.deepEqual(changed.json(), { allowPrivate: false, allow: ['10.0.0.0/8'] });
  assert.equal((await send('PATCH', '/instance/outbound', { allowAll: true })).statusCode, 400);

  const fresh = (await send('GET', '/instance/mail')).json();
  assert.deepEqual([fresh.host, fresh.port, fresh.security, fresh.passwordSet], [null, 587, 'starttls', false]);
  assert.equal((await send('PATCH', '/instance/mail', { host: 'mail.example.net' })).json().details.field, 'from');
  const from = 'Leafward <leafward@example.net>';
  const given = { host: 'mail.example.net', from, username: 'leaf', password: 's3cret-word' };
  const mail = await send('PATCH', '/instance/mail', given);
  assert.equal(mail.json().passwordSet, true, mail.body);
  for (const from of ['a@b\r\nBcc: x@y', 'nobody', '<>']) {
    assert.equal((await send('PATCH', '/instance/mail', { from })).statusCode, 400, from);
  }
  assert.equal(
    (await send('PATCH', '/instance/mail', { caCertificate: 'no PEM' })).json().details.field,
    'caCertificate',
  );
  assert.equal((await send('PATCH', '/instance/mail', { port: 25 })).json().passwordSet, true);
  const elsewhere = await send('PATCH', '/instance/mail', { host: 'evil.example.net' });
  assert.equal(elsewhere.json().passwordSet, false, 'a password stays with the server that it was typed for');
  const everything = [mail.body, elsewhere.body, (await send('GET', '/instance/mail')).body];
  assert.ok(!everything.join('').includes('s3cret-word'));
  const outsider = await addGroup(server, 'other');
  assert.equal((await api(server, outsider, 'GET', '/instance/mail')).statusCode, 403);
});

test('a test mail goes out by the settings, and says what went wrong', async () => {
  await using server = await startFixture();
  await using smtp = await testSmtpServer({ disabledCommands: ['STARTTLS'], allowInsecureAuth: true });
  const { send } = await administrator(server);
  const mailTo = async (to: string) => (await send('POST', '/instance/mail/test', { to })).json();
  assert.match((await mailTo('eve@example.net')).detail, /has no mail server yet/);
  await send('PATCH', '/instance/mail', {
    host: '127.0.0.1',
    port: smtp.port,
    security: 'none',
    from: 'l@example.net',
  });
  assert.match((await mailTo('eve@example.net')).detail, /127\.0\.0\.1 is loopback/);
  await send('PATCH', '/instance/outbound', { allowPrivate: true });
  const report = await mailTo('eve@example.net');
  assert.equal(report.ok, true, JSON.stringify(report));
  assert.deepEqual(smtp.mails[0]?.to, ['eve@example.net']);
  await send('PATCH', '/instance/mail', { username: 'leaf', password: 'wrong' });
  const { ok, detail } = await mailTo('eve@example.net');
  assert.equal(ok, false);
  assert.match(detail, /refuses the user name or the password/);
});

test('each kind of notifier is made without giving a secret back; what a receiver answers is for administrators', async () => {
  await using server = await startFixture();
  await using receiver = await webhookReceiver();
  const { send, groupId } = await administrator(server);
  await send('PATCH', '/instance/outbound', { allowPrivate: true });
  const path = `/groups/${groupId}/notifiers`;
  const hidden = 'SECRET-0123456789';
  const kinds = [
    { kind: 'mail', to: ['ops@example.net'] },
    { kind: 'webhook', url: receiver.url },
    { kind: 'slack', url: `https://hooks.slack.com/services/${hidden}/abcd` },
    { kind: 'teams', url: `https://x.logic.azure.com/workflows/${hidden}/efgh` },
    { kind: 'pagerduty', routingKey: hidden },
    { kind: 'opsgenie', apiKey: hidden, url: 'https://api.eu.opsgenie.com' },
    { kind: 'alertmanager', url: receiver.url, username: 'leaf', password: hidden },
    { kind: 'snmp', host: 'traps.example.net', community: hidden },
  ];
  for (const given of kinds) {
    const made = await send('POST', path, { name: `to ${given.kind}`, ...given });
    assert.equal(made.statusCode, 201, made.body);
    assert.equal(typeof made.json().secret, given.kind === 'webhook' ? 'string' : 'object');
    assert.ok(!made.body.includes(hidden), given.kind);
  }
  const listed = await send('GET', path);
  assert.equal(listed.json().length, kinds.length);
  assert.ok(!listed.body.includes(hidden));
  const hook = listed.json().find(({ kind }: { kind: string }) => kind === 'webhook');
  const report = (await send('POST', `${path}/${hook.id}/test`)).json().report;
  assert.deepEqual(report, { ok: true, detail: 'HTTP 200', body: 'thanks' });
  assert.equal((await send('POST', path, { kind: 'webhook', name: 'x', url: 'file:///etc/passwd' })).statusCode, 400);
  const quietHours = { start: '22:00', end: '07:00', timeZone: 'Europe/Nowhere' };
  assert.equal((await send('PATCH', `${path}/${hook.id}`, { quietHours })).statusCode, 400);
  const kept = await send('PATCH', `${path}/${hook.id}`, { quietHours: { ...quietHours, timeZone: 'Europe/Berlin' } });
  assert.equal(kept.json().quietHours.timeZone, 'Europe/Berlin');
  assert.equal((await send('DELETE', `${path}/${hook.id}`)).statusCode, 204);
  assert.equal((await send('POST', `${path}/${hook.id}/test`)).statusCode, 404);
});

test('maintenance windows and dead letters by the API; the MIB has an address that never changes', async () => {
  await using server = await startFixture();
  const group = await addGroup(server, 'shop');
  const path = `/groups/${group.id}/maintenance-windows`;
  const now = server.clock.ms;
  const made = await api(server, group, 'POST', path, {
    name: 'Patches',
    times: { kind: 'once', fromMs: now - 1, toMs: now + 60_000 },
  });
  assert.equal(made.statusCode, 201, made.body);
  const window = made.json();
  assert.deepEqual([window.active, window.createdBy, window.toMs], [true, 'API token test', now + 60_000]);
  const turned = await api(server, group, 'PATCH', `${path}/${window.id}`, {
    times: { kind: 'once', fromMs: now, toMs: now },
  });
  assert.equal(turned.json().details.field, 'times');
  const weekly = { kind: 'weekly', days: ['sun'], start: '02:00', durationMinutes: 60, timeZone: 'UTC' };
  const changed = (await api(server, group, 'PATCH', `${path}/${window.id}`, { times: weekly })).json();
  assert.deepEqual([changed.active, changed.toMs - changed.fromMs], [false, 3_600_000]);
  assert.equal((await api(server, group, 'GET', path)).json().length, 1);
  assert.equal((await api(server, group, 'DELETE', `${path}/${window.id}`)).statusCode, 204);
  assert.equal((await api(server, group, 'DELETE', `${path}/${window.id}`)).statusCode, 404);
  const letters = `/groups/${group.id}/dead-letters`;
  assert.deepEqual((await api(server, group, 'GET', letters)).json(), []);
  assert.equal((await api(server, group, 'POST', `${letters}/d_1/retry`)).statusCode, 404);
  assert.equal((await api(server, group, 'DELETE', `${letters}/d_1`)).statusCode, 404);
  assert.equal((await api(server, group, 'GET', `/groups/${group.id}/alerts/al_1/notifications`)).statusCode, 404);
  const mib = await server.app.inject('/mib/LEAFWARD-MIB.txt');
  assert.match(mib.body, /^LEAFWARD-MIB DEFINITIONS ::= BEGIN/);
});
