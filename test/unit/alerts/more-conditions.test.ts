import assert from 'node:assert/strict';
import { test } from 'node:test';
import { baselineOf, earlierHours } from '../../../src/alerts/baseline.ts';
import type { Truth } from '../../../src/alerts/condition.ts';
import { compareVersions } from '../../../src/alerts/conditions/agent-version-behind.ts';
import { releaseOf } from '../../../src/alerts/conditions/known-releases.ts';
import { findings } from '../../../src/alerts/conditions/registry.ts';
import type { AlertCondition, GroupSnapshot } from '../../../src/alerts/ports.ts';
import { warningLines } from '../../../src/server/alert-source/startup-warnings.ts';
import { hostView, member, noonMs, setReport, snapshot } from '../../support/alert-snapshots.ts';

const day = 86_400_000;
const minute = 60_000;
const notAfter = 'serverStatus.security.SSLServerCertificateExpirationDate';
const silent = [{ id: 'a_1', hostname: 'ops-1', version: '1.0.0', lastSeenAtMs: noonMs - 120_000 }];
const agent = (version: string) => [{ id: 'a_1', hostname: 'ops-1', version, lastSeenAtMs: noonMs }];
const runs = (name: string, version: string) => hostView(name, { version });
const restarted = (startedAtMs: number) => snapshot({ hosts: [hostView('a', { startedAtMs })] });
const mixed = setReport([member('a'), member('b'), member('c')]);
const mongos = (name: string, given: object = {}) => ({
  ...hostView(name, { type: 'mongos', role: 'mongos', ...given }),
  clusterId: 'c_1',
});
const cluster = { report: { clusterId: 'c_1', shards: [], mongos: [] }, atMs: noonMs };
const down = { reachable: false, missedPolls: 9, sinceMs: noonMs - 120_000 };
const elected = (...minutesAgo: number[]) => new Map([['aaa', minutesAgo.map((ago) => noonMs - ago * minute)]]);
const exposed = (finding: 'open' | 'closed' | null, severity: 'bad' | 'ok' | 'unknown') => ({
  ...hostView('a'),
  exposure: {
    hostId: 'h_a',
    finding,
    severity,
    detail: 'Close port 27017 in the firewall.',
    address: '203.0.113.7:27017',
    tls: false,
    databases: null,
    seenFrom: { host: 'ops', address: null },
    atMs: noonMs,
    sinceMs: noonMs,
    nextAtMs: noonMs,
  },
});
const change = (minutesAgo: number) => ({
  id: 'x_1',
  atMs: noonMs - minutesAgo * minute,
  kind: 'userJoined' as const,
  actor: 'ann@example.net',
  words: 'bob@example.net joined the group: readOnly',
});
const certificate = (days: number, renewsItself = false) => ({
  version: '1.0.0',
  certificate: { notAfterMs: noonMs + days * day, renewsItself },
});
const anomaly: AlertCondition = { kind: 'anomaly', metric: 'cpu.busy', side: 'both', deviations: 6, windowMs: 300_000 };
const usual = (value: number) =>
  snapshot({ hosts: [hostView('a')], windowed: () => value, baseline: () => ({ median: 50, deviation: 5, weeks: 4 }) });

/** Condition, what is known, id of the subject, truth (undefined: it is not watched), and a part of the title. */
const cases: readonly (readonly [AlertCondition, GroupSnapshot, string, Truth | undefined, RegExp?])[] = [
  [{ kind: 'hostRestarted', minutes: 10 }, restarted(noonMs - minute), 'h_a', 'holds', /^a was restarted 1 min ago$/],
  [{ kind: 'hostRestarted', minutes: 10 }, restarted(noonMs - 11 * minute), 'h_a', 'gone'],
  [{ kind: 'hostRestarted', minutes: 1440 * 9 }, restarted(noonMs - 8 * day), 'h_a', 'gone'],
  [
    { kind: 'versionBehind', patches: 2 },
    snapshot({ hosts: [runs('a', '6.0.25')] }),
    'h_a',
    'holds',
    /6\.0\.25, 2 patch releases behind 6\.0\.27/,
  ],
  [{ kind: 'versionBehind', patches: 2 }, snapshot({ hosts: [runs('a', '6.0.26-21')] }), 'h_a', 'gone'],
  [
    { kind: 'versionBehind', patches: 2 },
    snapshot({ hosts: [runs('a', '6.0.27'), runs('b', '6.0.30')] }),
    'h_a',
    'holds',
    /3 patch releases behind 6\.0\.30/,
  ],
  [{ kind: 'versionBehind', patches: 2 }, snapshot({ hosts: [runs('a', '99.0.1')] }), 'h_a', 'gone'],
  [{ kind: 'versionBehind', patches: 2 }, snapshot({ hosts: [hostView('a')] }), 'h_a', 'unknown'],
  [
    { kind: 'versionsMixed' },
    snapshot({ hosts: [runs('a', '6.0.5'), runs('b', '6.0.27'), runs('c', '6.0.5')], sets: [mixed] }),
    'aaa',
    'holds',
    /^checkout runs 2 versions of MongoDB$/,
  ],
  [
    { kind: 'versionsMixed' },
    snapshot({ hosts: [runs('a', '6.0.5'), runs('b', '6.0.5')], sets: [mixed] }),
    'aaa',
    'gone',
  ],
  [{ kind: 'versionsMixed' }, snapshot({ sets: [mixed] }), 'aaa', 'unknown'],
  [
    { kind: 'startupWarnings' },
    snapshot({ hosts: [{ ...hostView('a'), startupWarnings: ['Access control is not enabled.'] }] }),
    'h_a',
    'holds',
    /^a warned of something at its start$/,
  ],
  [{ kind: 'startupWarnings' }, snapshot({ hosts: [{ ...hostView('a'), startupWarnings: [] }] }), 'h_a', 'gone'],
  [{ kind: 'startupWarnings' }, snapshot({ hosts: [hostView('a')] }), 'h_a', 'unknown'],
  [
    { kind: 'certificateExpiring', days: 30 },
    snapshot({ hosts: [hostView('a')], latest: { [notAfter]: { h_a: noonMs + 12.5 * day } } }),
    'h_a',
    'holds',
    /^The TLS certificate of a ends in 12 d 12 h \(2026-12-04\)$/,
  ],
  [
    { kind: 'certificateExpiring', days: 30 },
    snapshot({ hosts: [hostView('a')], latest: { [notAfter]: { h_a: noonMs - day } } }),
    'h_a',
    'holds',
    /has ended 1 d ago \(2026-11-20\)$/,
  ],
  [
    { kind: 'certificateExpiring', days: 30 },
    snapshot({ hosts: [hostView('a')], latest: { [notAfter]: { h_a: noonMs + 31 * day } } }),
    'h_a',
    'gone',
  ],
  [{ kind: 'certificateExpiring', days: 30 }, snapshot({ hosts: [hostView('a')] }), 'h_a', 'unknown'],
  [
    { kind: 'serverCertificateExpiring', days: 30 },
    snapshot({ server: certificate(9) }),
    'g_1',
    'holds',
    /ends in 9 d/,
  ],
  [{ kind: 'serverCertificateExpiring', days: 30 }, snapshot({ server: certificate(90) }), 'g_1', 'gone'],
  [{ kind: 'serverCertificateExpiring', days: 30 }, snapshot({ server: certificate(9, true) }), 'g_1', undefined],
  [
    { kind: 'electionsAbove', count: 2, minutes: 60 },
    snapshot({ sets: [mixed], elections: elected(50, 40, 5) }),
    'aaa',
    'holds',
    /^checkout elected a primary 3 times in 1 h$/,
  ],
  [
    { kind: 'electionsAbove', count: 2, minutes: 60 },
    snapshot({ sets: [mixed], elections: elected(70, 40, 5) }),
    'aaa',
    'gone',
  ],
  [
    { kind: 'electionsAbove', count: 2, minutes: 60 },
    snapshot({ sets: [mixed], elections: elected(5, 4, 3), agents: silent }),
    'aaa',
    'unknown',
  ],
  [
    { kind: 'unhealthyMembersAbove', count: 1 },
    snapshot({
      hosts: [hostView('checkout-1')],
      sets: [
        setReport([
          member('checkout-1'),
          member('b', { health: 0 }),
          member('c', { state: 3, stateName: 'RECOVERING' }),
        ]),
      ],
    }),
    'aaa',
    'holds',
    /^2 of 3 members of checkout are not healthy$/,
  ],
  [
    { kind: 'mongosBelow', count: 1 },
    snapshot({ clusters: [cluster], hosts: [mongos('r1', down)] }),
    'c_1',
    'holds',
    /no mongos that answers/,
  ],
  [
    { kind: 'mongosBelow', count: 2 },
    snapshot({ clusters: [cluster], hosts: [mongos('r1'), mongos('r2', down)] }),
    'c_1',
    'holds',
    /only 1 mongos/,
  ],
  [
    { kind: 'mongosBelow', count: 1 },
    snapshot({ clusters: [cluster], hosts: [mongos('r1'), mongos('r2', down)] }),
    'c_1',
    'gone',
  ],
  [
    { kind: 'mongosBelow', count: 1 },
    snapshot({ clusters: [cluster], hosts: [mongos('r1', { ...down, missedPolls: 1 })] }),
    'c_1',
    'unknown',
  ],
  [{ kind: 'hostDown' }, snapshot({ hosts: [mongos('r1', down)] }), 'h_r1', 'holds', /^r1 is down/],
  [{ kind: 'hostDown', seconds: 300 }, snapshot({ hosts: [mongos('r1', down)] }), 'h_r1', 'unknown'],
  [
    { kind: 'agentVersionBehind' },
    snapshot({ agents: agent('0.9.9') }),
    'a_1',
    'holds',
    /monitoring agent on ops-1 runs 0\.9\.9/,
  ],
  [{ kind: 'agentVersionBehind' }, snapshot({ agents: agent('1.0.0') }), 'a_1', 'gone'],
  [{ kind: 'agentVersionBehind' }, snapshot({ agents: agent('built by hand') }), 'a_1', 'unknown'],
  [{ kind: 'exposedHost' }, snapshot({ hosts: [exposed('open', 'bad')] }), 'h_a', 'holds', /^a is open to everybody/],
  [{ kind: 'exposedHost' }, snapshot({ hosts: [exposed('closed', 'ok')] }), 'h_a', 'gone'],
  [{ kind: 'exposedHost' }, snapshot({ hosts: [exposed(null, 'unknown')] }), 'h_a', 'unknown'],
  [{ kind: 'exposedHost' }, snapshot({ hosts: [hostView('a')] }), 'h_a', undefined],
  [
    { kind: 'peopleChanged', changes: ['userJoined'] },
    snapshot({ peopleChanges: [change(1)] }),
    'x_1',
    'holds',
    /^bob@example\.net joined the group: readOnly$/,
  ],
  [{ kind: 'peopleChanged', changes: ['userJoined'] }, snapshot({ peopleChanges: [change(16)] }), 'x_1', 'gone'],
  [{ kind: 'peopleChanged', changes: ['keyCreated'] }, snapshot({ peopleChanges: [change(1)] }), 'x_1', undefined],
  [anomaly, usual(81), 'h_a', 'holds', /^CPU busy on a is 81 %, unusually high: about 50 % is normal$/],
  [anomaly, usual(19), 'h_a', 'holds', /unusually low/],
  [anomaly, usual(79), 'h_a', 'between'],
  [anomaly, usual(70), 'h_a', 'gone'],
  [{ ...anomaly, side: 'above' }, usual(1), 'h_a', 'gone'],
  [anomaly, snapshot({ hosts: [hostView('a')], windowed: () => 99 }), 'h_a', 'unknown'],
];

for (const [condition, known, subjectId, truth, title] of cases) {
  test(`${condition.kind}: ${truth ?? 'not watched'}${title === undefined ? '' : `, ${title.source}`}`, () => {
    const found = findings(condition, known).find(({ subject }) => subject.id === subjectId);
    assert.equal(found?.truth, truth);
    const words = truth === 'holds' ? found?.words() : undefined;
    if (title !== undefined) assert.match(words?.title ?? '', title);
    assert.ok(
      words === undefined || (words.detail !== '' && !/undefined|null|NaN/.test(`${words.title} ${words.detail}`)),
    );
  });
}

test('when all agents are silent one alert says so, about the one that was heard of last', () => {
  const agents = [120_000, 90_000, 400_000].map((ago, at) => ({
    id: `a_${at}`,
    hostname: `ops-${at}`,
    version: '1.0.0',
    lastSeenAtMs: noonMs - ago,
  }));
  const truths = findings({ kind: 'agentDown' }, snapshot({ agents })).map(({ truth }) => truth);
  assert.deepEqual(truths, ['unknown', 'holds', 'unknown']);
  const [first, second] = findings({ kind: 'agentDown' }, snapshot({ agents, blind: false })).map(({ truth }) => truth);
  assert.deepEqual([first, second], ['holds', 'holds']);
});

test('what is usual is the median of the weeks; one wild week moves it little, and two weeks are the least', () => {
  const hour = (average: number, spread = 0) => ({ low: average - spread, average, high: average + spread });
  assert.equal(baselineOf([hour(50)]), undefined);
  assert.deepEqual(baselineOf([hour(100), hour(100), hour(100), hour(9000)]), { median: 100, deviation: 2, weeks: 4 });
  const wide = baselineOf([hour(100, 40), hour(100, 40), hour(100, 40), hour(100, 40)]);
  assert.equal(wide?.deviation, 20);
  const apart = baselineOf([hour(80), hour(100), hour(120), hour(100)]);
  assert.equal(apart?.deviation, 1.4826 * 10);
  const week = 7 * day;
  const start = Math.floor(noonMs / 3_600_000) * 3_600_000;
  assert.deepEqual(
    earlierHours(noonMs + 59 * minute),
    [1, 2, 3, 4].map((weeks) => start - weeks * week),
  );
});

test('versions are compared by their parts; releases are read with what builders add', () => {
  assert.ok((compareVersions('1.9.0', '1.10.0') ?? 0) < 0);
  assert.ok((compareVersions('1.10.0-rc.2', '1.10.0') ?? 0) < 0);
  assert.ok((compareVersions('1.10.0-rc.10', '1.10.0-rc.9') ?? 0) > 0);
  assert.equal(compareVersions('1.0.0', '1.0.0'), 0);
  assert.equal(compareVersions('x', '1.0.0'), undefined);
  assert.deepEqual(releaseOf('6.0.5-4'), { series: '6.0', patch: 5 });
  assert.equal(releaseOf('6.0'), undefined);
});

test('startup warnings are read from lines of JSON and of plain text', () => {
  const json = JSON.stringify({ t: {}, s: 'W', msg: 'Access control is not enabled for the database' });
  assert.deepEqual(warningLines({ log: [json, '2026-11-21T12:00:00 ** WARNING: soft rlimits too low', ''] }), [
    'Access control is not enabled for the database.',
    'soft rlimits too low',
  ]);
  assert.deepEqual(warningLines({ ok: 1 }), []);
});
