import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { runExposureProbeCommand } from '../../src/cli/exposure-probe-command.ts';
import { addApiToken } from '../../src/server/access/accounts.ts';
import { lookAt } from '../../src/server/exposure/look.ts';
import type { ProbeWays } from '../../src/server/exposure/probe.ts';
import { addHost } from '../../src/server/fleet/change-hosts.ts';
import { exposureSection } from '../../src/server/instance-settings/exposure-section.ts';
import type { Alert } from '../../src/wire/api/alerts.ts';
import { host as hostSchema } from '../../src/wire/api/deployment.ts';
import { type GroupExposure, groupExposure, hostExposure } from '../../src/wire/api/exposure.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { startMongod } from '../support/mongod.ts';
import { addGroup, api, type ServerFixture, startFixture, type TestGroup } from '../support/server-fixture.ts';
import { tempDir } from '../support/temp-dir.ts';

const minuteMs = 60_000;

/** Loopback counts as the internet here. */
const loopback: ProbeWays = {
  resolve: async () => ['127.0.0.1'],
  refused: (address) => (address === '127.0.0.1' ? undefined : 'private'),
  look: (target, signal) => lookAt(target, signal, { stepMs: 60_000, answerBytes: 2 ** 20 }),
};
const signal = new AbortController().signal;

async function allow(fixture: ServerFixture, enabled = true): Promise<void> {
  await fixture.context.instance.change(exposureSection, { enabled });
}

async function polledHost(fixture: ServerFixture, group: TestGroup, host: string): Promise<string> {
  const fleet = await fixture.context.fleet.group(group.id);
  const record = await addHost(fleet, fixture.context.box, { host }, fixture.clock.ms);
  await fleet.saveHosts([{ ...record, lastSampleAtMs: fixture.clock.ms }]);
  return record.id;
}

async function view(fixture: ServerFixture, group: TestGroup): Promise<GroupExposure> {
  return groupExposure.parse((await api(fixture, group, 'GET', `/groups/${group.id}/exposure`)).json());
}

/** Severity and title of the alerts on exposure after one look of the alert engine. */
async function openAlerts(fixture: ServerFixture, group: TestGroup): Promise<(readonly [string, string])[]> {
  await fixture.look();
  const alerts = (await api(fixture, group, 'GET', `/groups/${group.id}/alerts?state=active`)).json<Alert[]>();
  return alerts.filter(({ title }) => /outside|everybody/.test(title)).map(({ severity, title }) => [severity, title]);
}

/** Steps until the look that is due has ended. */
async function stepTo(fixture: ServerFixture, group: TestGroup, atMs: number): Promise<GroupExposure> {
  fixture.clock.ms = atMs;
  return eventually(async () => {
    await fixture.exposure.step(signal);
    fixture.clock.ms += 1000;
    const found = await view(fixture, group);
    assert.ok(found.hosts.length > 0 && found.hosts.every((host) => host.atMs >= atMs), 'all were looked at');
    return found;
  });
}

test('off by default: nothing is dialled until an administrator and then an owner have switched it on', async () => {
  await using fixture = await startFixture({ exposureWays: loopback });
  const group = await addGroup(fixture, 'shop');
  let dialled = 0;
  const server = createServer((socket) => {
    dialled++;
    socket.destroy();
  });
  const port = await freePort();
  server.listen(port, '127.0.0.1');
  const hostId = await polledHost(fixture, group, `db:${port}`);
  const now = `/groups/${group.id}/hosts/${hostId}/exposure`;
  try {
    assert.deepEqual(await view(fixture, group), { allowed: false, enabled: false, nextAtMs: null, hosts: [] });
    await api(fixture, group, 'PATCH', `/groups/${group.id}/exposure`, { enabled: true });
    fixture.clock.ms += minuteMs;
    await fixture.exposure.step(signal);
    assert.equal((await api(fixture, group, 'POST', now)).statusCode, 409, 'the administrator has not allowed it');
    await allow(fixture);
    await api(fixture, group, 'PATCH', `/groups/${group.id}/exposure`, { enabled: false });
    fixture.clock.ms += minuteMs;
    await fixture.exposure.step(signal);
    assert.equal((await api(fixture, group, 'POST', now)).statusCode, 409, 'the group has switched it off');
    assert.equal(dialled, 0);
    await api(fixture, group, 'PATCH', `/groups/${group.id}/exposure`, { enabled: true });
    const typed = await addHost(
      await fixture.context.fleet.group(group.id),
      fixture.context.box,
      { host: `typed:${port}` },
      1,
    );
    const refused = await api(fixture, group, 'POST', `/groups/${group.id}/hosts/${typed.id}/exposure`);
    assert.match(refused.json().message, /no agent has polled typed/);
    assert.equal(dialled, 0, 'a name that was merely typed is not dialled');
    assert.equal((await api(fixture, group, 'POST', now)).statusCode, 200);
    assert.ok(dialled > 0);
  } finally {
    server.close();
  }
});

test('an open mongod is found, told with its host, followed every five minutes, and closed when it is gone; a restart keeps the plan', async () => {
  await using mongod = await startMongod();
  await using fixture = await startFixture({ exposureWays: loopback });
  const group = await addGroup(fixture, 'shop');
  const hostId = await polledHost(fixture, group, `db.example.net:${mongod.port}`);
  await allow(fixture);
  await api(fixture, group, 'PATCH', `/groups/${group.id}/exposure`, { enabled: true });
  const startMs = fixture.clock.ms;
  const [found] = (await stepTo(fixture, group, startMs)).hosts;
  assert.ok(found !== undefined);
  assert.equal(found.finding, 'open');
  assert.equal(found.severity, 'bad');
  assert.equal(found.address, `127.0.0.1:${mongod.port}`);
  assert.equal(found.seenFrom.address, '127.0.0.1');
  assert.equal(found.nextAtMs - found.atMs, 5 * minuteMs);
  const shown = hostSchema.parse((await api(fixture, group, 'GET', `/groups/${group.id}/hosts/${hostId}`)).json());
  assert.deepEqual(shown.exposure, found);
  assert.deepEqual(await openAlerts(fixture, group), [
    ['bad', `db.example.net:${mongod.port} is open to everybody: MongoDB lists its databases without a login`],
  ]);
  await mongod.stop();
  fixture.clock.ms = found.nextAtMs - 2000;
  await fixture.exposure.step(signal);
  assert.equal((await view(fixture, group)).hosts[0]?.atMs, found.atMs, 'not before its time');
  const [after] = (await stepTo(fixture, group, found.nextAtMs)).hosts;
  assert.equal(after?.finding, 'closed');
  await eventually(async () => {
    fixture.clock.ms += minuteMs;
    assert.deepEqual(await openAlerts(fixture, group), [], 'the alert has closed by itself');
    return true;
  });
  const day = new Date(after?.nextAtMs ?? 0).getUTCDate();
  assert.ok(day === 1 || day === 15, `day ${day}`);
  const restarted = await fixture.reopenExposure();
  assert.deepEqual((await restarted.view(group.id)).hosts, [after], 'what was found and the plan are kept');
});

test('who looks at once: owners, seldom; the look is on record', async () => {
  await using fixture = await startFixture({ exposureWays: loopback });
  const group = await addGroup(fixture, 'shop');
  const hostId = await polledHost(fixture, group, `db:${await freePort()}`);
  const other = await polledHost(fixture, group, `db:${await freePort()}`);
  await allow(fixture);
  await api(fixture, group, 'PATCH', `/groups/${group.id}/exposure`, { enabled: true });
  fixture.clock.ms += minuteMs;
  const look = (id: string) => api(fixture, group, 'POST', `/groups/${group.id}/hosts/${id}/exposure`);
  const first = await look(hostId);
  assert.equal(hostExposure.parse(first.json()).finding, 'closed');
  const early = await look(hostId);
  assert.equal(early.statusCode, 429);
  fixture.clock.ms += 2000;
  const same = await look(other);
  assert.equal(same.statusCode, 429, 'another port of the same address');
  assert.equal(same.headers['retry-after'], '15');
  fixture.clock.ms += 15_000;
  assert.equal((await look(other)).statusCode, 200);
  const trail = (await api(fixture, group, 'GET', `/groups/${group.id}/audit`)).body;
  assert.match(trail, /exposure\.changed/);
  assert.match(trail, /exposure\.checkStarted/);
});

test('what was found is forgotten when the host changes or goes, and when the check is switched off', async () => {
  await using fixture = await startFixture({ exposureWays: loopback });
  const group = await addGroup(fixture, 'shop');
  const hostId = await polledHost(fixture, group, `db:${await freePort()}`);
  await allow(fixture);
  await api(fixture, group, 'PATCH', `/groups/${group.id}/exposure`, { enabled: true });
  await stepTo(fixture, group, fixture.clock.ms + minuteMs);
  const hosts = async () => (await view(fixture, group)).hosts.length;
  const exposureOf = async () =>
    (await api(fixture, group, 'GET', `/groups/${group.id}/hosts/${hostId}`)).json().exposure;
  assert.notEqual(await exposureOf(), undefined);
  await allow(fixture, false);
  await fixture.exposure.step(signal);
  assert.equal(await exposureOf(), undefined, 'the administrator has switched it off');
  await allow(fixture);
  fixture.clock.ms += minuteMs;
  await fixture.exposure.step(signal);
  assert.notEqual(await exposureOf(), undefined, 'what is known is shown again');
  await api(fixture, group, 'PATCH', `/groups/${group.id}/hosts/${hostId}`, { connectTo: `other:${await freePort()}` });
  fixture.clock.ms += minuteMs;
  const again = await eventually(async () => {
    await fixture.exposure.step(signal);
    fixture.clock.ms += 1000;
    const { hosts: found } = await view(fixture, group);
    assert.equal(found.length, 1);
    return found[0];
  });
  assert.equal(again?.finding, 'closed');
  await api(fixture, group, 'PATCH', `/groups/${group.id}/exposure`, { enabled: false });
  assert.equal(await hosts(), 0);
  assert.equal(await exposureOf(), undefined);
});

test('leafward exposure-probe takes the hosts of the group from the server, by a token that may only read', async (t) => {
  await using fixture = await startFixture();
  await using dir = tempDir('exposure-probe');
  const group = await addGroup(fixture, 'shop');
  await polledHost(fixture, group, '127.0.0.1:27017');
  await addHost(await fixture.context.fleet.group(group.id), fixture.context.box, { host: 'typed.example.net' }, 1);
  await fixture.app.listen({ host: '127.0.0.1', port: 0 });
  const address = fixture.app.server.address();
  assert.ok(address !== null && typeof address === 'object');
  const { secret } = await addApiToken(fixture.context, group.id, 'probe', ['readOnly']);
  writeFileSync(dir.file('token'), secret);
  const lines: string[] = [];
  t.mock.method(console, 'log', (line: string) => lines.push(line));
  const flags = {
    fromServer: true,
    serverUrl: `http://127.0.0.1:${address.port}`,
    groupId: group.id,
    apiTokenFile: dir.file('token'),
  };
  const before = process.exitCode;
  try {
    await runExposureProbeCommand({ ...flags, json: true }, []);
    assert.equal(process.exitCode, 0);
  } finally {
    process.exitCode = before;
  }
  const { hosts } = JSON.parse(lines.join('\n')) as {
    hosts: readonly { host: string; finding: string; detail: string }[];
  };
  assert.deepEqual(
    hosts.map(({ host, finding }) => [host, finding]),
    [['127.0.0.1:27017', 'private']],
  );
  assert.match(hosts[0]?.detail ?? '', /Nothing was dialled/);
});
