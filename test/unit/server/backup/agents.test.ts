import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addAgentKey } from '../../../../src/server/access/accounts.ts';
import { backupTasksAnswer } from '../../../../src/wire/backup-messages.ts';
import { agentHeaders, bodyLimits } from '../../../../src/wire/protocol.ts';
import {
  backupAgent,
  reportOf,
  setId,
  sliceEnvelope,
  startBackupFixture,
  taskReport,
  tasksOf,
  tell,
} from '../../../support/backup-fixture.ts';
import { addGroup, agentHeadersOf, api, hello, newAgent, settingsOf } from '../../../support/server-fixture.ts';

const rs0 = setId('rs0');

test('a set that is switched on becomes a task with the members that monitoring found', async () => {
  await using fixture = await startBackupFixture(['rs0', 'rs1']);
  const { server, group } = fixture;
  const agent = await backupAgent(server, group);
  const before = await tasksOf(server, agent);
  assert.deepEqual(before.tasks, []);
  assert.equal(Buffer.from(before.blockKey, 'base64').length, 32);
  const waiting = tasksOf(server, agent, before.version, 10);
  assert.equal((await api(server, group, 'POST', `/groups/${group.id}/backups/${rs0}/start`)).statusCode, 200);
  const answer = await waiting;
  assert.notEqual(answer.version, before.version);
  const [task, ...others] = answer.tasks;
  assert.equal(others.length, 0);
  assert.equal(task?.name, 'rs0');
  assert.equal(task?.epoch, 1);
  assert.equal(task?.scan?.kind, 'full');
  assert.deepEqual(
    task?.members.map(({ host, stateName, hidden, credentials }) => [host, stateName, hidden, credentials]),
    [
      ['rs0-1:27017', 'PRIMARY', false, undefined],
      ['rs0-2:27017', 'SECONDARY', true, undefined],
    ],
  );
});

test('a visit (doctor) sees every set and its members, but has no lease, no key of blocks and no logins; a monitoring key no visit', async () => {
  await using fixture = await startBackupFixture(['rs0']);
  const { server, group } = fixture;
  const fleet = await server.context.fleet.group(group.id);
  const login = { username: 'backup', password: 'secret' };
  await api(server, group, 'PATCH', `/groups/${group.id}/hosts/${fleet.byName('rs0-2:27017')?.id}`, login);
  await api(server, group, 'POST', `/groups/${group.id}/backups/${rs0}/start`);
  const visit = async (agentKey: string) => {
    const { [agentHeaders.instance]: _, ...headers } = agentHeadersOf(newAgent({ ...group, agentKey }));
    return server.app.inject({ method: 'GET', url: '/agent/v1/backup/tasks?version=-1&waitSeconds=0', headers });
  };
  const reply = await visit(group.agentKey);
  assert.equal(reply.statusCode, 200, reply.body);
  const { tasks, blockKey } = backupTasksAnswer.parse(reply.json());
  assert.equal(blockKey, '');
  assert.deepEqual(
    tasks.map(({ name, epoch, members }) => [name, epoch, members.map(({ host, credentials }) => [host, credentials])]),
    [
      [
        'rs0',
        0,
        [
          ['rs0-1:27017', undefined],
          ['rs0-2:27017', undefined],
        ],
      ],
    ],
  );
  assert.equal((await tasksOf(server, await backupAgent(server, group))).tasks[0]?.epoch, 1, 'the set was free');
  const { secret } = await addAgentKey(server.context, group.id, 'watching', 'monitoring');
  const refused = await visit(secret);
  assert.deepEqual([refused.statusCode, refused.json().code], [401, 'KEY_REFUSED']);
});

test('logins travel to an approved agent only, and make the tasks new', async () => {
  await using fixture = await startBackupFixture(['rs0']);
  const { server, group } = fixture;
  const fleet = await server.context.fleet.group(group.id);
  const host = fleet.byName('rs0-2:27017');
  await api(server, group, 'PATCH', `/groups/${group.id}/hosts/${host?.id}`, {
    username: 'backup',
    password: 'secret',
  });
  await api(server, group, 'POST', `/groups/${group.id}/backups/${rs0}/start`);
  const agent = await backupAgent(server, group);
  const before = await tasksOf(server, agent);
  assert.equal(
    before.tasks[0]?.members.some(({ credentials }) => credentials !== undefined),
    false,
  );
  const waiting = tasksOf(server, agent, before.version, 10);
  await api(server, group, 'POST', `/groups/${group.id}/agents/${agent.id}/approve`);
  const after = await waiting;
  assert.notEqual(after.version, before.version);
  assert.equal(
    after.tasks[0]?.members.every(({ credentials }) => credentials !== undefined),
    true,
  );
  assert.equal(JSON.stringify(after).includes('secret'), false);
});

test('what the agent itself moved makes no new tasks', async () => {
  await using fixture = await startBackupFixture(['rs0']);
  const { server, vault, group } = fixture;
  await api(server, group, 'POST', `/groups/${group.id}/backups/${rs0}/start`);
  const agent = await backupAgent(server, group);
  const { version } = await tasksOf(server, agent);
  assert.equal((await tell(server, agent, 'slices', sliceEnvelope(rs0, 1, null, '100:1'))).statusCode, 200);
  assert.equal((await tasksOf(server, agent, version)).version, version);
  vault.of(group.id, rs0).settings = {
    ...vault.of(group.id, rs0).settings,
    limits: { scanBytesPerSecond: 9, scanThreads: 1 },
  };
  const other = await tasksOf(server, agent, version, 5);
  assert.equal(other.tasks[0]?.limits.scanBytesPerSecond, 9);
});

test('every change names the epoch; another one is refused and changes nothing', async () => {
  await using fixture = await startBackupFixture(['rs0']);
  const { server, vault, group } = fixture;
  await api(server, group, 'POST', `/groups/${group.id}/backups/${rs0}/start`);
  const agent = await backupAgent(server, group);
  const { epoch } = (await tasksOf(server, agent)).tasks[0] ?? { epoch: 0 };
  const scanId = vault.of(group.id, rs0).scan?.scanId ?? '';
  const at = { ts: '100:1', term: 1 };
  const messages: readonly (readonly [string, (epoch: number) => object | Buffer])[] = [
    ['scan/begin', (e) => ({ replicaSetId: rs0, epoch: e, scanId, from: at })],
    ['scan/plan', (e) => ({ replicaSetId: rs0, epoch: e, scanId, collections: [], parts: [], last: true })],
    ['scan/have', (e) => ({ replicaSetId: rs0, epoch: e, scanId, ids: ['0'.repeat(64), 'a'.repeat(64)] })],
    ['slices', (e) => sliceEnvelope(rs0, e, null, '100:1')],
    ['scan/finish', (e) => ({ replicaSetId: rs0, epoch: e, scanId, until: at })],
  ];
  for (const [path, message] of messages) {
    const before = JSON.stringify(vault.calls);
    const refused = await tell(server, agent, path, message(epoch + 1));
    assert.equal(refused.statusCode, 409, path);
    assert.equal(refused.json<{ code: string }>().code, 'LEASE_LOST');
    assert.equal(JSON.stringify(vault.calls), before);
    assert.equal((await tell(server, agent, path, message(epoch))).statusCode, 200, path);
  }
  const have = await tell(server, agent, 'scan/have', messages[2]?.[1](epoch) ?? {});
  assert.deepEqual(have.json(), { have: [true, false] });
});

test('a hole between slices is refused with the place to go on at', async () => {
  await using fixture = await startBackupFixture(['rs0']);
  const { server, group } = fixture;
  await api(server, group, 'POST', `/groups/${group.id}/backups/${rs0}/start`);
  const agent = await backupAgent(server, group);
  await tasksOf(server, agent);
  await tell(server, agent, 'slices', sliceEnvelope(rs0, 1, null, '100:1'));
  const refused = await tell(server, agent, 'slices', sliceEnvelope(rs0, 1, '105:1', '106:1'));
  assert.equal(refused.statusCode, 409);
  assert.equal(refused.json<{ code: string }>().code, 'SLICE_GAP');
  assert.equal(refused.json<{ details: { checkpoint: { ts: string } } }>().details.checkpoint.ts, '100:1');
});

test('envelopes may be as large as is said, and no larger', async () => {
  await using fixture = await startBackupFixture(['rs0']);
  const { server, vault, group } = fixture;
  await api(server, group, 'POST', `/groups/${group.id}/backups/${rs0}/start`);
  const agent = await backupAgent(server, group);
  await tasksOf(server, agent);
  const head = sliceEnvelope(rs0, 1, null, '100:1', 0).length;
  const largest = sliceEnvelope(rs0, 1, null, '100:1', bodyLimits.envelopeBytes - head - 7);
  assert.ok(largest.length <= bodyLimits.envelopeBytes && largest.length > bodyLimits.envelopeBytes - 10);
  assert.equal((await tell(server, agent, 'slices', largest)).statusCode, 200);
  const tooLarge = await tell(server, agent, 'slices', sliceEnvelope(rs0, 1, null, '100:1', bodyLimits.envelopeBytes));
  assert.equal(tooLarge.json<{ code: string }>().code, 'BODY_TOO_LARGE');
  const broken = await tell(server, agent, 'slices', Buffer.from('no envelope'));
  assert.equal(broken.json<{ code: string }>().code, 'FORMAT_INVALID');
  assert.equal(vault.calls.filter((call) => call.startsWith('slices')).length, 1);
});

test('keys of monitoring agents, monitoring agents themselves and other groups have no part in backups', async () => {
  await using fixture = await startBackupFixture(['rs0']);
  const { server, group } = fixture;
  await api(server, group, 'POST', `/groups/${group.id}/backups/${rs0}/start`);
  const monitoring = newAgent(group);
  await hello(server, monitoring);
  const refused = await tell(server, monitoring, 'leave');
  assert.equal(refused.json<{ code: string }>().code, 'KEY_REFUSED');
  const other = await backupAgent(server, await addGroup(server, 'two'));
  assert.deepEqual((await tasksOf(server, other)).tasks, []);
  const stolen = await tell(server, other, 'slices', sliceEnvelope(rs0, 1, null, '100:1'));
  assert.equal(stolen.json<{ code: string }>().code, 'LEASE_LOST');
});

test('an agent that lost its place has that written down, once, and is paused until a resync is asked for', async () => {
  await using fixture = await startBackupFixture(['rs0']);
  const { server, vault, group } = fixture;
  await api(server, group, 'POST', `/groups/${group.id}/backups/${rs0}/start`);
  const agent = await backupAgent(server, group);
  await tasksOf(server, agent);
  vault.of(group.id, rs0).scan = null;
  const problem = { code: 'PLACE_LOST', message: 'the oplog begins later', hint: 'resync' };
  const lost = reportOf([taskReport(rs0, 1, { state: 'lost', problem })]);
  await tell(server, agent, 'report', lost);
  await tell(server, agent, 'report', lost);
  assert.deepEqual(
    vault.calls.filter((call) => call.startsWith('lost')),
    ['lost PLACE_LOST'],
  );
  assert.equal((await tasksOf(server, agent)).tasks[0]?.paused, true);
  await api(server, group, 'POST', `/groups/${group.id}/backups/${rs0}/resync`, {});
  vault.of(group.id, rs0).lost = null;
  await tell(server, agent, 'report', lost);
  assert.equal(vault.of(group.id, rs0).lost, null);
  assert.deepEqual(vault.calls.slice(-1), ['scan resync']);
});

test('the list of agents says which backup agent is at work', async () => {
  await using fixture = await startBackupFixture(['rs0']);
  const { server, group } = fixture;
  const [first, second] = [await backupAgent(server, group, 'b1'), await backupAgent(server, group, 'b2')];
  await api(server, group, 'POST', `/groups/${group.id}/backups/${rs0}/start`);
  await tasksOf(server, first);
  await tasksOf(server, second);
  const listed = async () =>
    (await api(server, group, 'GET', `/groups/${group.id}/agents`))
      .json<{ id: string; kind: string; role: string; hosts: number }[]>()
      .filter(({ kind }) => kind === 'backup')
      .map(({ id, role, hosts }) => [id, role, hosts]);
  assert.deepEqual(await listed(), [
    [first.id, 'active', 2],
    [second.id, 'standby', 0],
  ]);
  await tell(server, first, 'leave');
  await tasksOf(server, second);
  assert.deepEqual(
    (await listed()).map(([, role]) => role),
    ['standby', 'active'],
  );
  const events = await api(server, group, 'GET', `/groups/${group.id}/events?kind=agentTakeover`);
  assert.deepEqual(
    events.json<{ events: { message: string }[] }>().events.map(({ message }) => message),
    ['The backup agent on b2 took over rs0 from the one on b1'],
  );
});

test('a backup agent asks for no settings of monitoring: that lease stays with the others', async () => {
  await using fixture = await startBackupFixture(['rs0']);
  const { server, group } = fixture;
  const agent = await backupAgent(server, group);
  await tasksOf(server, agent);
  const monitoring = newAgent(group);
  await hello(server, monitoring);
  server.clock.ms += 30_000;
  assert.equal((await settingsOf(server, monitoring)).json<{ role: string }>().role, 'active');
});
