import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noteLost } from '../../../src/server/agents/agent-life.ts';
import {
  addGroup,
  api,
  hello,
  newAgent,
  reportBody,
  type ServerFixture,
  send,
  settingsOf,
  startFixture,
  type TestGroup,
} from '../../support/server-fixture.ts';

async function events(server: ServerFixture, group: TestGroup): Promise<string[]> {
  const reply = await api(server, group, 'GET', `/groups/${group.id}/events`);
  const list: { kind: string; message: string; subject: { kind: string } }[] = reply.json().events;
  for (const { subject } of list) assert.equal(subject.kind, 'agent');
  return list.map(({ kind, message }) => `${kind}: ${message}`).toReversed();
}

test('the event log tells of a new agent, a takeover, and two processes with one identity, each once', async () => {
  await using server = await startFixture();
  const [group, other] = [await addGroup(server, 'A'), await addGroup(server, 'B')];
  const [first, second] = [newAgent(group), newAgent(group)];
  await hello(server, first, { hostname: 'mon1' });
  await hello(server, first, { hostname: 'mon1' });
  await settingsOf(server, first);
  server.clock.ms += 1;
  await hello(server, second, { hostname: 'mon2' });
  await settingsOf(server, second);
  server.clock.ms += 20_001;
  await settingsOf(server, second);
  await settingsOf(server, second);
  server.clock.ms += 1;
  const twin = newAgent(group, second.id);
  await hello(server, twin, { hostname: 'mon2' });
  for (let tries = 0; tries < 3; tries++) assert.equal((await settingsOf(server, second)).statusCode, 409);
  assert.deepEqual(await events(server, group), [
    'agentNew: A new monitoring agent runs on mon1 (0.1.0)',
    'agentNew: A new monitoring agent runs on mon2 (0.1.0)',
    'agentTakeover: The agent on mon2 took over from the one on mon1',
    'agentDuplicate: Two processes run as the agent on mon2: give each its own state directory',
  ]);
  assert.deepEqual(await events(server, other), []);
});

test('an agent that falls silent is lost once, restarts of the server or not, and its return is told', async () => {
  await using server = await startFixture();
  const group = await addGroup(server, 'A');
  const agent = newAgent(group);
  await hello(server, agent);
  await settingsOf(server, agent);
  const fleet = await server.context.fleet.group(group.id);
  const told = new Map<string, number>();
  server.clock.ms += 59_000;
  await noteLost(server.context, fleet, told);
  assert.equal((await events(server, group)).length, 1, 'not yet');
  server.clock.ms += 2_000;
  await noteLost(server.context, fleet, told);
  server.clock.ms += 240_000;
  await noteLost(server.context, fleet, told);
  // As after a restart of the server.
  await noteLost(server.context, fleet, new Map());
  await send(server, agent, 'report', reportBody(server.clock.now()));
  await hello(server, agent);
  await settingsOf(server, agent);
  await noteLost(server.context, fleet, told);
  assert.deepEqual((await events(server, group)).slice(1), [
    'agentLost: The agent on mon1 is lost: nothing came from it for 61 s',
    'agentReturned: The agent on mon1 is back after 5 min',
  ]);
  server.clock.ms += 61_000;
  await noteLost(server.context, fleet, told);
  assert.equal((await events(server, group)).length, 4, 'the next silence is told again');
});

test('an agent that was away only because the server was is neither lost nor back', async () => {
  await using server = await startFixture();
  const group = await addGroup(server, 'A');
  const agent = newAgent(group);
  await hello(server, agent);
  server.clock.ms += 3_600_000;
  await hello(server, agent);
  await noteLost(server.context, await server.context.fleet.group(group.id), new Map());
  assert.equal((await events(server, group)).length, 1);
});
