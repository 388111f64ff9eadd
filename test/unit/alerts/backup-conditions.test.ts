import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Truth } from '../../../src/alerts/condition.ts';
import { findings } from '../../../src/alerts/conditions/registry.ts';
import type { AlertCondition, BackupFacts, BackupView } from '../../../src/alerts/ports.ts';
import { noonMs, snapshot } from '../../support/alert-snapshots.ts';

const well: BackupView = {
  replicaSetId: 'aaa',
  name: 'checkout',
  lagSeconds: 4,
  oplogHoldsSeconds: 90_000,
  lost: null,
  problem: null,
  foldsStandStill: false,
  nextSnapshotAtMs: noonMs + 3_600_000,
  drill: { last: null, dueAtMs: noonMs + 3_600_000 },
  hasAgent: true,
};
const lost = { message: 'the oplog of checkout begins later', sinceMs: noonMs - 60_000 };
const problem = { message: 'an entry of an unknown kind', hint: 'Update Leafward.', sinceMs: noonMs };

const behind: AlertCondition = { kind: 'backupBehind', seconds: 300 };
const atRisk: AlertCondition = { kind: 'backupPlaceAtRisk', hours: 4 };
const resync: AlertCondition = { kind: 'backupResyncNeeded' };
const late: AlertCondition = { kind: 'backupSnapshotLate', hours: 1 };
const drill: AlertCondition = { kind: 'backupDrillFailed', hours: 24 };
const drilled = { atMs: noonMs - 3_600_000, ok: true, message: 'All is equal.', target: 'drill-1:27017' };
const overdue = noonMs - 25 * 3_600_000;
const agentDown: AlertCondition = { kind: 'backupAgentDown' };
const full: AlertCondition = { kind: 'backupStoreFull', freePercent: 10 };

const given = (set: Partial<BackupView>, more: Partial<BackupFacts> = {}) =>
  snapshot({ backups: { sets: [{ ...well, ...set }], agents: [], store: null, ...more } });

const cases: readonly (readonly [string, AlertCondition, Partial<BackupView>, Truth, RegExp | null])[] = [
  ['follows closely', behind, {}, 'gone', null],
  ['behind', behind, { lagSeconds: 301 }, 'holds', /^The backup of checkout is 5 min 1 s behind$/],
  ['nothing can be brought back yet', behind, { lagSeconds: null }, 'unknown', null],
  ['lost: another alert says so', behind, { lagSeconds: 900, lost }, 'unknown', null],
  ['the initial sync is stuck', behind, { lagSeconds: null, problem }, 'holds', /does not get on: nothing can be/],
  ['a short oplog is no risk for who follows', atRisk, { oplogHoldsSeconds: 600 }, 'gone', null],
  ['far behind, but the oplog is long', atRisk, { lagSeconds: 9000 }, 'gone', null],
  [
    'behind on a short oplog',
    atRisk,
    { lagSeconds: 900, oplogHoldsSeconds: 7200 },
    'holds',
    /holds the place of its backup for 2 h more$/,
  ],
  ['nothing is known of the oplog', atRisk, { lagSeconds: 900, oplogHoldsSeconds: null }, 'unknown', null],
  ['lost already: another alert says so', atRisk, { lost, lagSeconds: 900, oplogHoldsSeconds: 0 }, 'gone', null],
  ['place is there', resync, {}, 'gone', null],
  ['place is lost', resync, { lost }, 'holds', /^The backup of checkout needs a resync: nothing new is kept$/],
  ['due a little while ago', late, { nextSnapshotAtMs: noonMs - 3_000_000 }, 'gone', null],
  [
    'due long ago',
    late,
    { nextSnapshotAtMs: noonMs - 3_700_000 },
    'holds',
    /^The snapshot of checkout is 1 h 1 min late$/,
  ],
  ['none is due yet', late, { nextSnapshotAtMs: null }, 'gone', null],
  ['no drill yet, and none is due', drill, {}, 'gone', null],
  ['none is ever due', drill, { drill: { last: null, dueAtMs: null } }, 'gone', null],
  ['passed', drill, { drill: { last: drilled, dueAtMs: noonMs - 3_600_000 } }, 'gone', null],
  [
    'failed',
    drill,
    { drill: { last: { ...drilled, ok: false, message: 'shop.orders differs.' }, dueAtMs: null } },
    'holds',
    /^The restore drill of checkout failed$/,
  ],
  [
    'passed, but long ago',
    drill,
    { drill: { last: drilled, dueAtMs: overdue } },
    'holds',
    /^The restore drill of checkout is 1 d 1 h late$/,
  ],
  ['none can be made', late, { foldsStandStill: true, problem }, 'holds', /^No snapshot of checkout can be made$/],
];

for (const [name, condition, set, truth, title] of cases) {
  test(`${condition.kind}: ${name}`, () => {
    const [finding] = findings(condition, given(set));
    assert.deepEqual([finding?.truth, finding?.subject.id], [truth, 'aaa']);
    if (title !== null) assert.match(finding?.words().title ?? '', title);
    assert.doesNotMatch(finding?.words().detail ?? '', /undefined|null|NaN/);
  });
}

test('a silent backup agent: who has taken over is said, and a server that just started waits', () => {
  const agents = [{ id: 'a_9', hostname: 'ops-2', version: '1.0.0', lastSeenAtMs: noonMs - 90_000 }];
  const [takenOver] = findings(agentDown, given({}, { agents }));
  assert.equal(takenOver?.truth, 'holds');
  assert.match(takenOver?.words().detail ?? '', /Another agent has taken over/);
  const [alone] = findings(agentDown, given({ hasAgent: false }, { agents }));
  assert.match(alone?.words().detail ?? '', /Nothing new is captured of checkout\./);
  const young = { ...given({}, { agents }), serverStartedAtMs: noonMs - 5000 };
  assert.equal(findings(agentDown, young)[0]?.truth, 'unknown');
  const alive = [{ id: 'a_9', hostname: 'ops-2', version: '1.0.0', lastSeenAtMs: noonMs - 5000 }];
  assert.equal(findings(agentDown, given({}, { agents: alive }))[0]?.truth, 'gone');
});

test('the disk of the backups: a share of what they take and what is free; without backups it is no matter', () => {
  const truth = (store: BackupFacts['store']) => findings(full, given({}, { store }))[0]?.truth;
  assert.deepEqual(
    [truth({ bytes: 95e9, freeBytes: 5e9 }), truth({ bytes: 50e9, freeBytes: 50e9 }), truth(null)],
    ['holds', 'gone', 'unknown'],
  );
  assert.deepEqual(
    findings(full, snapshot({ backups: { sets: [], agents: [], store: { bytes: 1, freeBytes: 0 } } })),
    [],
  );
});
