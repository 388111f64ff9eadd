import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Truth } from '../../../src/alerts/condition.ts';
import { findings } from '../../../src/alerts/conditions/registry.ts';
import type { AlertCondition, GroupSnapshot } from '../../../src/alerts/ports.ts';
import { hostView, member, noonMs, setReport, snapshot } from '../../support/alert-snapshots.ts';

const silentAgents = [{ id: 'a_1', hostname: 'ops-1', version: '1.0.0', lastSeenAtMs: noonMs - 120_000 }];
const lost = { reachable: false, missedPolls: 6, sinceMs: noonMs - 70_000 };
const set = setReport([
  member('checkout-1', { state: 1 }),
  member('checkout-2', { lagMs: 252_000 }),
  member('checkout-3', { health: 0 }),
]);
const healthyThree = setReport([member('checkout-1', { state: 1 }), member('checkout-2'), member('checkout-3')]);
const one = hostView('checkout-1', { role: 'primary' });
const three = hostView('checkout-3', lost);
const shortOplog = { ...healthyThree, oplogFirstMs: noonMs - 3 * 3_600_000, oplogLastMs: noonMs };
const down: AlertCondition = { kind: 'hostDown' };
const cutOff: AlertCondition = { kind: 'hostUnreachable' };
const recovering: AlertCondition = { kind: 'hostRecovering' };
const noPrimary: AlertCondition = { kind: 'noPrimary' };
const agentDown: AlertCondition = { kind: 'agentDown' };
const lag: AlertCondition = { kind: 'lagAbove', seconds: 60 };
const oplog: AlertCondition = { kind: 'oplogWindowBelow', hours: 24 };
const metric: AlertCondition = { kind: 'metric', metric: 'cpu.busy', above: 80 };

const cases: readonly (readonly [string, AlertCondition, GroupSnapshot, string, Truth])[] = [
  ['down: nobody sees it', down, snapshot({ hosts: [one, three], sets: [set] }), 'h_checkout-3', 'holds'],
  [
    'down: a member sees it up, so it is not',
    down,
    snapshot({ hosts: [one, three], sets: [healthyThree] }),
    'h_checkout-3',
    'gone',
  ],
  [
    'down: an old view counts for nothing',
    down,
    snapshot({ hosts: [one, three], sets: [healthyThree], setsAtMs: noonMs - 31_000 }),
    'h_checkout-3',
    'holds',
  ],
  [
    'down: its own view of itself counts for nothing',
    down,
    snapshot({ hosts: [three], sets: [{ ...healthyThree, reportedBy: 'checkout-3:27017' }] }),
    'h_checkout-3',
    'holds',
  ],
  ['down: a standalone has no other witness', down, snapshot({ hosts: [three] }), 'h_checkout-3', 'holds'],
  [
    'down: two missed polls are too few',
    down,
    snapshot({ hosts: [hostView('checkout-3', { ...lost, missedPolls: 2 })] }),
    'h_checkout-3',
    'unknown',
  ],
  [
    'down: a minute must pass at short intervals',
    down,
    snapshot({ hosts: [hostView('checkout-3', { ...lost, sinceMs: noonMs - 59_000 })] }),
    'h_checkout-3',
    'unknown',
  ],
  ['down: an answer ends it', down, snapshot({ hosts: [one] }), 'h_checkout-1', 'gone'],
  ['down: blind', down, snapshot({ hosts: [three], agents: silentAgents }), 'h_checkout-3', 'unknown'],
  ['down: never reported', down, snapshot({ hosts: [{ ...three, report: null }] }), 'h_checkout-3', 'unknown'],
  [
    'unreachable: its set sees it up',
    cutOff,
    snapshot({ hosts: [one, three], sets: [healthyThree] }),
    'h_checkout-3',
    'holds',
  ],
  [
    'unreachable: found by the name that it calls itself',
    cutOff,
    snapshot({
      hosts: [
        one,
        {
          ...three,
          host: '10.0.0.3:27017',
          report: { ...lost, hostId: 'h_checkout-3', atMs: noonMs, me: 'checkout-3:27017' },
        },
      ],
      sets: [healthyThree],
    }),
    'h_checkout-3',
    'holds',
  ],
  ['unreachable: not when it is down', cutOff, snapshot({ hosts: [one, three], sets: [set] }), 'h_checkout-3', 'gone'],
  [
    'recovering',
    recovering,
    snapshot({ hosts: [hostView('checkout-2', { role: 'recovering' })] }),
    'h_checkout-2',
    'holds',
  ],
  [
    'rollback: rolling back',
    { kind: 'hostRollback' },
    snapshot({ hosts: [hostView('checkout-2', { role: 'rollback' })] }),
    'h_checkout-2',
    'holds',
  ],
  ['recovering: a secondary is not', recovering, snapshot({ hosts: [hostView('checkout-2')] }), 'h_checkout-2', 'gone'],
  [
    'recovering: one that does not answer may be anything',
    recovering,
    snapshot({ hosts: [three] }),
    'h_checkout-3',
    'unknown',
  ],
  [
    'no primary',
    noPrimary,
    snapshot({ sets: [setReport([member('checkout-1'), member('checkout-2', { state: 1, health: 0 })])] }),
    'aaa',
    'holds',
  ],
  ['no primary: there is one', noPrimary, snapshot({ sets: [set] }), 'aaa', 'gone'],
  [
    'no primary: old view',
    noPrimary,
    snapshot({ sets: [setReport([member('checkout-1')])], setsAtMs: noonMs - 60_000 }),
    'aaa',
    'unknown',
  ],
  ['agent down', agentDown, snapshot({ agents: silentAgents }), 'a_1', 'holds'],
  ['agent down: reports', agentDown, snapshot(), 'a_1', 'gone'],
  [
    'agent down: the server has just started',
    agentDown,
    snapshot({ agents: silentAgents, serverStartedAtMs: noonMs - 10_000 }),
    'a_1',
    'unknown',
  ],
  ['lag above', lag, snapshot({ hosts: [hostView('checkout-2')], sets: [set] }), 'h_checkout-2', 'holds'],
  ['lag: below', lag, snapshot({ hosts: [hostView('checkout-2')], sets: [healthyThree] }), 'h_checkout-2', 'gone'],
  [
    'lag: no primary, so unknown and not zero',
    lag,
    snapshot({ hosts: [hostView('checkout-2')], sets: [setReport([member('checkout-2', { lagMs: null })])] }),
    'h_checkout-2',
    'unknown',
  ],
  [
    'lag: of a dead member',
    lag,
    snapshot({ hosts: [three], sets: [setReport([member('checkout-3', { health: 0, lagMs: 999_000 })])] }),
    'h_checkout-3',
    'unknown',
  ],
  [
    'oplog: short and full',
    oplog,
    snapshot({
      hosts: [one],
      sets: [shortOplog],
      latest: { 'oplog.used': { 'h_checkout-1': 95 }, 'oplog.size': { 'h_checkout-1': 100 } },
    }),
    'aaa',
    'holds',
  ],
  [
    'oplog: short because young',
    oplog,
    snapshot({
      hosts: [one],
      sets: [shortOplog],
      latest: { 'oplog.used': { 'h_checkout-1': 5 }, 'oplog.size': { 'h_checkout-1': 100 } },
    }),
    'aaa',
    'gone',
  ],
  ['oplog: whether it is full is not known', oplog, snapshot({ hosts: [one], sets: [shortOplog] }), 'aaa', 'unknown'],
  [
    'oplog: long enough',
    oplog,
    snapshot({ hosts: [one], sets: [{ ...shortOplog, oplogFirstMs: noonMs - 30 * 3_600_000 }] }),
    'aaa',
    'gone',
  ],
  ['oplog: not told', oplog, snapshot({ hosts: [one], sets: [healthyThree] }), 'aaa', 'unknown'],
  [
    'metric above',
    metric,
    snapshot({ hosts: [one], latest: { 'cpu.busy': { 'h_checkout-1': 93.4 } } }),
    'h_checkout-1',
    'holds',
  ],
  [
    'metric: at the value is not above, and not yet away from it',
    metric,
    snapshot({ hosts: [one], latest: { 'cpu.busy': { 'h_checkout-1': 80 } } }),
    'h_checkout-1',
    'between',
  ],
  [
    'metric: 5 % away it is gone',
    metric,
    snapshot({ hosts: [one], latest: { 'cpu.busy': { 'h_checkout-1': 76 } } }),
    'h_checkout-1',
    'gone',
  ],
  [
    'metric: a clear-value of its own',
    { kind: 'metric', metric: 'cpu.busy', above: 80, clearsBelow: 40 },
    snapshot({ hosts: [one], latest: { 'cpu.busy': { 'h_checkout-1': 41 } } }),
    'h_checkout-1',
    'between',
  ],
  ['metric: no value', metric, snapshot({ hosts: [one] }), 'h_checkout-1', 'unknown'],
  [
    'metric: below',
    { kind: 'metric', metric: 'x.y', below: 3 },
    snapshot({ hosts: [one], latest: { 'x.y': { 'h_checkout-1': 2 } } }),
    'h_checkout-1',
    'holds',
  ],
  [
    'metric: outside a band',
    { kind: 'metric', metric: 'x.y', below: 3, above: 9 },
    snapshot({ hosts: [one], latest: { 'x.y': { 'h_checkout-1': 10 } } }),
    'h_checkout-1',
    'holds',
  ],
];

for (const [name, condition, given, subjectId, truth] of cases) {
  test(name, () => {
    const found = findings(condition, given).find((finding) => finding.subject.id === subjectId);
    assert.equal(found?.truth, truth);
  });
}

test('titles say it in plain words, with the value', () => {
  const title = (condition: AlertCondition, given: GroupSnapshot) =>
    findings(condition, given)
      .find((finding) => finding.truth === 'holds')
      ?.words().title;
  assert.equal(title(down, snapshot({ hosts: [three] })), 'checkout-3 is down, no answer for 1 min 10 s');
  assert.equal(
    title(lag, snapshot({ hosts: [hostView('checkout-2')], sets: [set] })),
    'checkout-2 is 4 min 12 s behind its primary',
  );
  assert.equal(
    title(noPrimary, snapshot({ sets: [setReport([member('checkout-1')])] })),
    'checkout has no primary: nobody can write',
  );
  assert.equal(title(agentDown, snapshot({ agents: silentAgents })), 'The agent on ops-1 has not reported for 2 min');
  assert.equal(
    title(metric, snapshot({ hosts: [one], latest: { 'cpu.busy': { 'h_checkout-1': 93.4 } } })),
    'CPU busy on checkout-1 is 93.4 %, above 80 %',
  );
  const used = { kind: 'metric', metric: 'local%2Eoplog%2Ers%2Estats.count', above: 5 } as const;
  assert.equal(
    title(used, snapshot({ hosts: [one], latest: { [used.metric]: { 'h_checkout-1': 6 } } })),
    'local.oplog.rs.stats.count on checkout-1 is 6, above 5',
  );
});

test('when no agent reports, the agent is the only thing that is wrong', () => {
  const blind = snapshot({
    hosts: [one, three],
    sets: [set, shortOplog],
    agents: silentAgents,
    latest: { 'cpu.busy': { 'h_checkout-1': 99 } },
  });
  for (const condition of [down, cutOff, recovering, noPrimary, lag, oplog, metric]) {
    assert.ok(
      findings(condition, blind).every((finding) => finding.truth === 'unknown'),
      condition.kind,
    );
  }
  const [agent] = findings(agentDown, blind);
  assert.equal(agent?.truth, 'holds');
  assert.match(agent?.words().detail ?? '', /nothing is watched/);
});
