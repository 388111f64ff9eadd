import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hashPassword } from '../../../../src/server/access/password-hash.ts';
import { eventually } from '../../../support/eventually.ts';
import { addPerson, as } from '../../../support/people.ts';
import { addGroup, startFixture } from '../../../support/server-fixture.ts';
import { testSmtpServer } from '../../../support/smtp-server.ts';

const password = 'correct horse battery';

test('invitations and links to a new password go out by mail, lead to publicUrl and work', async () => {
  await using server = await startFixture();
  await using smtp = await testSmtpServer({ disabledCommands: ['STARTTLS'] });
  const group = await addGroup(server, 'Shop <b>&');
  const admin = await addPerson(server, 'admin@example.net', { administrator: true, roles: { [group.id]: ['owner'] } });
  await addPerson(server, 'ann@example.net', { passwordHash: await hashPassword(password) });
  await addPerson(server, 'provider@example.net');
  const mail = { host: '127.0.0.1', port: smtp.port, security: 'none', from: 'leafward@example.net' };
  assert.equal((await as(server, admin, 'PATCH', '/instance/mail', mail)).statusCode, 200);
  await as(server, admin, 'PATCH', '/instance/outbound', { allowPrivate: true });
  const made = await as(server, admin, 'POST', `/groups/${group.id}/invitations`, {
    email: 'bob@example.net',
    roles: ['readOnly'],
  });
  assert.equal(made.json().mailed, true, made.body);
  assert.deepEqual(smtp.mails[0]?.to, ['bob@example.net']);
  assert.match(smtp.mails[0]?.raw ?? '', /admin@example\.net invites you/);
  assert.ok(!(smtp.mails[0]?.raw ?? '').includes('Shop <b>&</'), 'names are no HTML');
  const refused = await as(server, admin, 'POST', `/groups/${group.id}/invitations`, {
    email: 'bounce@example.net',
    roles: ['readOnly'],
  });
  assert.deepEqual([refused.statusCode, refused.json().mailed], [201, false]);
  assert.ok(
    refused.json().link.startsWith('http') && refused.json().mailProblem.length > 0,
    'the link is there all the same',
  );
  const ask = (email: string, host: string) =>
    server.app.inject({ method: 'POST', url: '/api/v1/password-reset', payload: { email }, headers: { host } });
  for (const email of ['nobody@example.net', 'provider@example.net', 'ANN@example.net']) {
    assert.equal((await ask(email, 'evil.example.net')).statusCode, 202);
  }
  await eventually(async () => smtp.mails.length === 2, { what: 'the mail with the link' });
  const { to, raw } = smtp.mails[1] ?? assert.fail('no mail');
  assert.deepEqual(to, ['ann@example.net'], 'who has no password here gets no link to one');
  assert.ok(!raw.includes('evil.example.net'), 'links lead to publicUrl, not where the request says that it went');
  const plain = raw.replace(/=\r\n/g, '').replace(/=3D/g, '=');
  const [, token = ''] = /http:\/\/127\.0\.0\.1:8080\/password-reset\/([\w-]{43})/.exec(plain) ?? assert.fail(raw);
  const set = {
    method: 'POST',
    url: `/api/v1/password-reset/${token}`,
    payload: { password: 'a new password' },
  } as const;
  assert.deepEqual([(await server.app.inject(set)).statusCode, (await server.app.inject(set)).statusCode], [204, 410]);
});
