import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '../../../src/runtime/errors.ts';
import {
  addGroup,
  agentHeadersOf,
  api,
  hello,
  newAgent,
  reportBody,
  type ServerFixture,
  send,
  settingsOf,
  startFixture,
} from '../../support/server-fixture.ts';

/** From now on the store reads and writes nothing. */
function fillDisk({ context: { stores } }: ServerFixture): void {
  const refuse = async (): Promise<never> => {
    throw new AppError('STORE_FULL', 'the disk is full', { retryable: true });
  };
  Object.assign(stores.agents, { saveAgent: refuse, acquireLease: refuse });
  Object.assign(stores.hosts, { saveHosts: refuse, saveViews: refuse, saveDocuments: refuse });
  Object.assign(stores.keys, { touchAgentKey: refuse, touchApiToken: refuse });
  Object.assign(stores.events, { appendEvents: refuse });
}

test('on a full disk an agent that is known keeps its role, and pages show how the hosts are now', async () => {
  await using server = await startFixture();
  const group = await addGroup(server, 'A');
  const agent = newAgent(group);
  await hello(server, agent);
  await settingsOf(server, agent);
  const host = (await api(server, group, 'POST', `/groups/${group.id}/hosts`, { host: 'db1' })).json();
  const state = (reachable: boolean) => ({
    hosts: [
      { hostId: host.id, atMs: server.clock.now(), reachable, missedPolls: reachable ? 0 : 9, role: 'standalone' },
    ],
  });
  await send(server, agent, 'report', reportBody(server.clock.now(), state(true)));
  const status = async () =>
    (await api(server, group, 'GET', `/groups/${group.id}/hosts/${host.id}`)).json().status.word;
  assert.equal(await status(), 'healthy');

  fillDisk(server);
  // Beyond the lease and beyond the minute after which the last use of keys is written down.
  for (let minute = 0; minute < 3; minute++) {
    server.clock.ms += 61_000;
    assert.equal((await hello(server, agent)).statusCode, 200);
    const answer = (await settingsOf(server, agent)).json();
    assert.deepEqual([answer.role, answer.epoch], ['active', 1]);
  }
  const report = await server.app.inject({
    method: 'POST',
    url: '/agent/v1/report',
    headers: { ...agentHeadersOf(agent), 'content-type': 'application/json' },
    payload: reportBody(server.clock.now(), state(false)),
  });
  assert.equal(report.statusCode, 507, 'documents and events of the report are kept by the agent');
  assert.equal(await status(), 'not answering');

  const stranger = await hello(server, newAgent(group));
  assert.equal(stranger.statusCode, 507, 'a new agent would be forgotten');
  assert.match(stranger.json().hint, /Free disk space/);
});
