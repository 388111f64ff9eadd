import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openMetricsEngine } from '../../src/metrics/engine.ts';
import type { MetricsEngine } from '../../src/metrics/ports.ts';
import { silentLog } from '../../src/runtime/log.ts';
import { audit, bySystem } from '../../src/server/audit.ts';
import { seriesMigrations } from '../../src/storage/sqlite/series-migrations.ts';
import { SqliteSeriesStore } from '../../src/storage/sqlite/series-store.ts';
import type { Alert, AlertPreview, AlertTargetAnswer } from '../../src/wire/api/alerts.ts';
import type { Host } from '../../src/wire/api/deployment.ts';
import { samplesMessage } from '../support/metric-samples.ts';
import {
  addGroup,
  api,
  hello,
  memoryDatabase,
  newAgent,
  reportBody,
  type ServerFixture,
  send,
  startFixture,
} from '../support/server-fixture.ts';

const hourMs = 3_600_000;
const spanMs = 60 * hourMs;
const names = ['serverStatus.connections.current', 'serverStatus.connections.available'];
const metric = (given: object) => ({ kind: 'metric', metric: names[0], ...given });

/** 60 hours of two hosts, a sample a minute: 100 connections, and on the first one 900 for 20 minutes of the hours 6 and 36. */
async function fillPast(server: ServerFixture, groupId: string, hostIds: readonly string[], engine: MetricsEngine) {
  const endMs = server.clock.ms;
  for (const [at, hostId] of hostIds.entries()) {
    for (let fromMs = endMs - spanMs; fromMs < endMs; fromMs += hourMs) {
      const isPeak = at === 0 && ((fromMs - endMs + spanMs) / hourMs) % 30 === 6;
      const rows = Array.from(
        { length: 60 },
        (_, minute) => [fromMs + minute * 60_000, isPeak && minute >= 10 && minute < 30 ? 900 : 100, 1] as const,
      );
      await engine.append(groupId, samplesMessage(hostId, names, rows), { epoch: 1, current: true });
    }
  }
}

async function startWithPast() {
  await using resources = new AsyncDisposableStack();
  const server = resources.use(await startFixture());
  // On the hour, so that the peaks stand where the test says.
  server.clock.ms -= server.clock.ms % hourMs;
  const database = memoryDatabase();
  await database.write(seriesMigrations.flat().map((sql) => ({ sql })));
  const { clock } = server;
  const store = new SqliteSeriesStore(database);
  const engine = await openMetricsEngine({ store, clock, log: silentLog, background: false });
  resources.defer(() => engine.close());
  const metrics: MetricsEngine = server.metrics;
  metrics.series = (request) => engine.series(request);
  const group = await addGroup(server, 'shop');
  const add = async (host: string, tags: readonly string[]): Promise<Host> =>
    (await api(server, group, 'POST', `/groups/${group.id}/hosts`, { host, tags })).json();
  const hosts = [await add('db-1', ['production']), await add('db-2', [])];
  const hostIds = hosts.map(({ id }) => id);
  await fillPast(server, group.id, hostIds, engine);
  await engine.settle();
  const owned = resources.move();
  return { server, group, hostIds, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

test('a preview walks what is stored as the rule would have, and says what no history tells', async () => {
  await using past = await startWithPast();
  const { server, group, hostIds } = past;
  const path = `/groups/${group.id}`;
  const toMs = server.clock.ms;
  const fromMs = toMs - spanMs;
  const preview = async (rule: object, given = {}): Promise<AlertPreview> => {
    const body = { rule: { name: 'tried', severity: 'warn', ...rule }, from: fromMs, to: toMs, ...given };
    const reply = await api(server, group, 'POST', `${path}/alert-rules/preview`, body);
    assert.equal(reply.statusCode, 200, reply.body);
    return reply.json();
  };
  await api(server, group, 'POST', `${path}/notifiers`, {
    name: 'a',
    kind: 'webhook',
    url: 'https://one.example.net/',
  });

  const busy = await preview({ condition: metric({ above: 500 }), forMs: 300_000 });
  const starts = [6, 36].map((hour) => fromMs + hour * hourMs);
  assert.deepEqual(
    busy.subjects.map(({ subject, intervals }) => [subject.id, intervals]),
    // Points of 5 minutes: seen at the end of the first and held through the second; gone at the end of two quiet ones.
    [[hostIds[0], starts.map((at) => ({ fromMs: at + 20 * 60_000, toMs: at + 40 * 60_000, value: 900 }))]],
  );
  const { history, note, resolutionMs, walked, watched, alerts, notifications } = busy;
  assert.deepEqual(
    { history, note, resolutionMs, walked, watched, alerts, notifications },
    { history: 'full', note: null, resolutionMs: 300_000, walked: 2, watched: 2, alerts: 2, notifications: 4 },
  );
  assert.equal((await preview({ condition: metric({ above: 500 }), forMs: 1_500_000 })).alerts, 0, 'too short to hold');
  const once = await preview({ condition: metric({ above: 500 }), closeAfterMs: 20 * hourMs, repeatMs: hourMs });
  // 20 h of closing: the day between the peaks still closes it. Told, then after 1, 3, 6, 10, 15 h, and at its end.
  assert.deepEqual([once.alerts, once.notifications], [2, 14]);
  const average = await preview({ condition: metric({ above: 300, aggregate: 'average', windowMs: hourMs }) });
  assert.equal(average.alerts, 2);
  assert.equal(
    (await preview({ condition: metric({ above: 400, aggregate: 'average', windowMs: hourMs }) })).alerts,
    0,
  );
  const always = await preview({ condition: metric({ below: 200 }) }, { from: toMs - 12 * hourMs });
  assert.deepEqual(
    always.subjects.map(({ intervals }) => intervals.map(({ toMs: endMs }) => endMs)),
    [[null], [null]],
  );
  const much = await preview({ condition: metric({ above: 50 }), forMs: 0 }, { from: fromMs });
  assert.deepEqual([much.history, much.subjects.length], ['full', 2]);
  const elsewhere = await preview({ condition: metric({ above: 500 }), target: { hostPattern: 'db-2' } });
  assert.deepEqual([elsewhere.watched, elsewhere.alerts], [1, 0]);

  const none = await preview({ condition: { kind: 'noPrimary' } });
  assert.equal(none.history, 'none');
  assert.match(none.note ?? '', /^Nothing is stored/);
  const subject = { kind: 'host', id: hostIds[1] ?? '', label: 'db-2:27017' } as const;
  const event = (id: string, kind: string, atMs: number) => ({
    id,
    groupId: group.id,
    atMs,
    kind,
    subject,
    message: '',
  });
  await server.context.stores.events.appendEvents([
    event('e_1', 'unreachable', fromMs + hourMs),
    event('e_2', 'reachable', fromMs + hourMs + 30_000),
    event('e_3', 'unreachable', fromMs + 2 * hourMs),
    event('e_4', 'reachable', fromMs + 3 * hourMs),
  ]);
  const down = await preview({ condition: { kind: 'hostDown' } });
  assert.equal(down.history, 'partial');
  assert.deepEqual(
    down.subjects.map(({ intervals }) => intervals),
    [[{ fromMs: fromMs + 2 * hourMs + 60_000, toMs: fromMs + 3 * hourMs + 30_001, value: null }]],
  );
  const wrong = { rule: { name: 'x', severity: 'bad', condition: { kind: 'hostDown' } }, from: toMs, to: fromMs };
  assert.equal((await api(server, group, 'POST', `${path}/alert-rules/preview`, wrong)).statusCode, 400);
});

test('targets, templates, tags, and acknowledgements with a time and a note, by API', async () => {
  await using server = await startFixture();
  const group = await addGroup(server, 'shop');
  const path = `/groups/${group.id}`;
  const agent = newAgent(group);
  await hello(server, agent);
  const hosts: Host[] = [];
  for (const host of ['db-1', 'db-2', 'web-1'])
    hosts.push((await api(server, group, 'POST', `${path}/hosts`, { host })).json());
  const tagged = await api(server, group, 'PATCH', `${path}/hosts/${hosts[1]?.id}`, {
    tags: ['team:shop', 'team:shop'],
  });
  assert.deepEqual(tagged.json().tags, ['team:shop']);
  assert.equal(
    (await api(server, group, 'PATCH', `${path}/hosts/${hosts[1]?.id}`, { tags: ['no spaces'] })).statusCode,
    400,
  );
  const fits = async (target: object): Promise<AlertTargetAnswer> =>
    (await api(server, group, 'POST', `${path}/alert-rules/target`, { target })).json();
  assert.equal((await fits({})).hostCount, 3);
  assert.deepEqual(
    (await fits({ hostPattern: 'DB-?' })).hosts.map(({ host }) => host),
    ['db-1:27017', 'db-2:27017'],
  );
  const { hostCount, allHosts } = await fits({ tags: ['team:shop', 'other'] });
  assert.deepEqual([hostCount, allHosts], [1, 3]);
  const templates = (await api(server, group, 'GET', `${path}/alert-templates`)).json();
  assert.ok(templates.some(({ id }: { id: string }) => id === 'default-hostDown'));

  const rule = async (body: object) => (await api(server, group, 'POST', `${path}/alert-rules`, body)).statusCode;
  const aimed = { name: 'x', severity: 'bad', target: { tags: ['team:shop'] } };
  assert.equal(await rule({ ...aimed, condition: { kind: 'agentDown' } }), 400, 'agents have no target');
  const steps = [{ afterMs: 60_000 }, { afterMs: 0 }];
  assert.equal(await rule({ name: 'x', severity: 'bad', condition: { kind: 'noPrimary' }, steps }), 400);

  const look = async (): Promise<Alert[]> => {
    server.clock.ms += 5_000;
    const reports = hosts.map(({ id, host }) => ({
      hostId: id,
      atMs: server.clock.ms,
      reachable: host.startsWith('web'),
      missedPolls: 9,
      sinceMs: server.clock.ms - 120_000,
    }));
    await send(server, agent, 'report', reportBody(server.clock.ms, { hosts: reports }));
    await server.look();
    return (await api(server, group, 'GET', `${path}/alerts?state=active`)).json();
  };
  const open = await look();
  assert.deepEqual(
    open.map(({ state }) => state),
    ['open', 'open'],
  );
  const ids = open.map(({ id }) => id);
  const untilMs = server.clock.ms + 8_000;
  const many = await api(server, group, 'POST', `${path}/alerts/acknowledge`, {
    ids: [...ids, 'al_none'],
    untilMs,
    note: 'new disks',
  });
  assert.deepEqual(
    many.json().map(({ acknowledgedUntilMs, note }: Alert) => [acknowledgedUntilMs, note]),
    [
      [untilMs, 'new disks'],
      [untilMs, 'new disks'],
    ],
  );
  const over = await api(server, group, 'POST', `${path}/alerts/${ids[0]}/acknowledge`, { untilMs: 1 });
  assert.equal(over.statusCode, 400);
  const back = await api(server, group, 'POST', `${path}/alerts/${ids[0]}/unacknowledge`);
  assert.deepEqual([back.json().state, back.json().note], ['open', 'new disks']);
  assert.deepEqual(
    (await look()).map(({ id, state }) => [id === ids[0], state]),
    open.map(({ id }) => [id === ids[0], id === ids[0] ? 'open' : 'acknowledged']),
  );
  assert.deepEqual(
    (await look()).map(({ state }) => state),
    ['open', 'open'],
    'the time is over',
  );

  const bob = { kind: 'user', id: 'u_2', label: 'bob@example.net' };
  const detail = { roles: ['readOnly'] };
  await audit(server.context, bySystem, { action: 'member.joined', groupId: group.id, subject: bob, detail });
  const news = (await look()).filter(({ subject }) => subject.kind === 'group');
  assert.deepEqual(
    news.map(({ title }) => title),
    ['bob@example.net joined the group: readOnly'],
  );
  const topology = (await api(server, group, 'GET', `${path}/topology`)).json();
  assert.notEqual(topology.verdict.alertId, news[0]?.id, 'no news of people is a fault of the deployment');
  server.clock.ms += 15 * 60_000;
  for (let looks = 0; looks < 8; looks++) await look();
  assert.ok(
    (await look()).every(({ subject }) => subject.kind === 'host'),
    'it ended by itself',
  );
});
