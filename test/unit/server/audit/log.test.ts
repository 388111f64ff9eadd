import assert from 'node:assert/strict';
import test from 'node:test';
import { auditHash } from '../../../../src/model/audit-chain.ts';
import { addFirstOwner } from '../../../../src/server/access/accounts.ts';
import { cutOldEvents } from '../../../../src/server/audit/retention.ts';
import type { AuditAnswer, AuditEvent } from '../../../../src/wire/api/audit.ts';
import { auditTrail } from '../../../support/audit-trail.ts';
import { addGroup, api, type ServerFixture, startFixture } from '../../../support/server-fixture.ts';

const owner = { email: 'ann@example.net', password: 'correct horse battery', groupName: 'Main' };

function signIn({ app }: ServerFixture, email: string, password: string, from = '127.0.0.1') {
  return app.inject({ method: 'POST', url: '/api/v1/session', remoteAddress: from, payload: { email, password } });
}

test('an owner sees the events of the own group alone, by filters and page by page', async () => {
  await using server = await startFixture();
  const [ours, theirs] = [await addGroup(server, 'A'), await addGroup(server, 'B')];
  for (const name of ['db1', 'db2', 'db3']) await api(server, ours, 'POST', `/groups/${ours.id}/hosts`, { host: name });
  await api(server, theirs, 'POST', `/groups/${theirs.id}/hosts`, { host: 'secret-db' });
  const list = async (query: string) =>
    (await api(server, ours, 'GET', `/groups/${ours.id}/audit?${query}`)).json<AuditAnswer>();
  const all = await auditTrail(server, ours);
  assert.deepEqual(
    all.map(({ action, subject }) => [action, subject?.label]),
    ['db3', 'db2', 'db1'].map((host) => ['host.added', `${host}:27017`]),
  );
  const [newest] = all;
  assert.deepEqual(newest?.actor, { kind: 'token', id: ours.tokenId, name: 'test' });
  assert.deepEqual([newest?.address, newest?.groupId, newest?.atMs], ['127.0.0.1', ours.id, server.clock.now()]);
  // With the colon: ids are random hex, and one in a hundred lists of them has a db2.
  assert.equal((await list('text=DB2:')).events.length, 1);
  assert.equal((await list('text=secret')).events.length, 0);
  assert.equal((await list('action=host.r')).events.length, 0);
  assert.equal((await list(`from=${server.clock.now() + 1}`)).events.length, 0);
  const first = await list('limit=2');
  const second = await list(`limit=2&before=${first.nextBefore}`);
  assert.deepEqual([...first.events, ...second.events], all);
  assert.equal(second.nextBefore, null);
  assert.equal((await api(server, ours, 'GET', `/groups/${ours.id}/audit?before=x`)).statusCode, 400);
});

test('an export is one event for each line, up to itself, and its hashes can be checked', async () => {
  await using server = await startFixture();
  const group = await addGroup(server, 'A');
  for (const name of ['db1', 'db2']) await api(server, group, 'POST', `/groups/${group.id}/hosts`, { host: name });
  const reply = await api(server, group, 'GET', `/groups/${group.id}/audit.jsonl?text=:27`);
  assert.match(String(reply.headers['content-type']), /jsonl/);
  assert.match(String(reply.headers['content-disposition']), /attachment; filename="leafward-audit-g_/);
  const lines = reply.body.trimEnd().split('\n');
  const events = lines.map((line) => JSON.parse(line) as AuditEvent);
  assert.deepEqual(
    events.map(({ action }) => action),
    ['host.added', 'host.added', 'audit.exported'],
  );
  assert.deepEqual(events[2]?.detail, { text: ':27' });
  for (const event of events) assert.equal(auditHash(event), event.hash);
});

test('a flood of refused sign-ins becomes one event a minute, with names and addresses', async () => {
  await using server = await startFixture();
  await addFirstOwner(server.context, owner);
  const { audit } = server.context.stores;
  const refusals = async () => (await audit.pageUp({ groupId: null, filter: { action: 'session.refused' } }, 0)).events;
  for (let guess = 0; guess < 8; guess++) {
    await signIn(server, `u${guess}@example.net`, 'a wrong password', '192.0.2.1');
    server.clock.ms += 1000;
  }
  const first = await refusals();
  assert.deepEqual([first.length, first[0]?.actor.name, first[0]?.address], [5, 'u0@example.net', '192.0.2.1']);
  server.clock.ms += 60_000;
  await signIn(server, 'other@example.net', 'a wrong password', '192.0.2.2');
  const after = await refusals();
  const many = after.find(({ action }) => action === 'session.refusedMany');
  assert.ok(Number(many?.detail['refused']) >= 1, JSON.stringify(after));
  assert.deepEqual(many?.detail['addresses'], ['192.0.2.1']);
  assert.equal(after.at(-1)?.actor.name, 'other@example.net');
  assert.doesNotMatch(JSON.stringify(after), /wrong password/);
});

test('the administrator reads the whole log and its head; others do not', async () => {
  await using server = await startFixture();
  const group = await addGroup(server, 'A');
  await addFirstOwner(server.context, owner);
  const reply = await signIn(server, owner.email, owner.password);
  const cookie = String(reply.headers['set-cookie']).split(';')[0] ?? '';
  const get = (url: string) => server.app.inject({ method: 'GET', url: `/api/v1${url}`, headers: { cookie } });
  await api(server, group, 'POST', `/groups/${group.id}/hosts`, { host: 'db1' });
  const { events } = (await get('/audit')).json<AuditAnswer>();
  assert.deepEqual(
    events.map(({ sequence, action }) => [sequence, action]),
    [
      [3, 'host.added'],
      [2, 'session.opened'],
      [1, 'server.setUp'],
    ],
  );
  assert.deepEqual((await get('/audit/head')).json(), {
    sequence: 3,
    hash: events[0]?.hash,
    atMs: server.clock.now(),
  });
  assert.equal((await api(server, group, 'GET', '/audit')).statusCode, 403);
  assert.equal((await api(server, group, 'GET', '/audit.jsonl')).statusCode, 403);
  assert.ok((await api(server, group, 'GET', '/audit/actions')).json<object[]>().length > 50);
});

test('events are kept for as long as the settings say, and the cut is an event', async () => {
  await using server = await startFixture();
  const group = await addGroup(server, 'A');
  await api(server, group, 'POST', `/groups/${group.id}/hosts`, { host: 'db1' });
  const dayMs = 86_400_000;
  server.clock.ms += 729 * dayMs;
  await cutOldEvents(server.context);
  assert.equal((await auditTrail(server, group)).length, 1);
  server.clock.ms += 2 * dayMs;
  await api(server, group, 'POST', `/groups/${group.id}/hosts`, { host: 'db2' });
  await cutOldEvents(server.context);
  const { audit } = server.context.stores;
  const { events } = await audit.pageUp({ groupId: null, filter: {} }, 0);
  assert.deepEqual(
    events.map(({ sequence, action }) => [sequence, action]),
    [
      [2, 'host.added'],
      [3, 'audit.cut'],
    ],
  );
  const { sequence, hash } = await audit.anchor();
  assert.deepEqual(events[1]?.detail, { throughSequence: sequence, hash, events: 1, keepDays: 730 });
  await cutOldEvents(server.context);
  assert.equal((await audit.head()).sequence, 3);
});
