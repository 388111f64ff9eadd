import assert from 'node:assert/strict';
import { test } from 'node:test';
import { advance, newPlan } from '../../../../src/alerts/delivery/alert-plan.ts';
import { nowhere } from '../../../../src/alerts/delivery/maintenance.ts';
import type { AlertPlan } from '../../../../src/alerts/delivery/ports.ts';
import { anAlert } from '../../../contract/alert-store.ts';

const minute = 60_000;

interface Script {
  readonly steps: readonly (readonly [afterMinutes: number, ...notifiers: string[]])[];
  readonly repeatMinutes?: number;
  /** Minute → what happens then. */
  readonly happens?: Readonly<Record<number, 'acknowledge' | 'unacknowledge' | 'window' | 'window ends' | 'close'>>;
  readonly minutes: number;
}

/** Plays a script, a look each minute, and writes down who was told what in which minute. */
function play({ steps, repeatMinutes, happens = {}, minutes }: Script): string[] {
  let plan: AlertPlan = newPlan('al_1', nowhere, 0);
  let state: 'open' | 'acknowledged' | 'closed' = 'open';
  let inWindow = false;
  const told: string[] = [];
  const rule = {
    steps: steps.map(([after, ...notifierIds]) => ({ afterMs: after * minute, notifierIds })),
    repeatMs: repeatMinutes === undefined ? null : repeatMinutes * minute,
  };
  for (let now = 0; now <= minutes && state !== 'closed'; now++) {
    const event = happens[now];
    if (event === 'acknowledge') state = 'acknowledged';
    if (event === 'unacknowledge') state = 'open';
    if (event === 'window') inWindow = true;
    if (event === 'window ends') inWindow = false;
    if (event === 'close') state = 'closed';
    const moment = { alert: anAlert({ state }), rule, inWindow, nowMs: now * minute, notifierIds: ['a', 'b', 'c'] };
    const { plan: after, tell } = advance(plan, moment);
    // What is kept between two looks is what a restart finds.
    plan = JSON.parse(JSON.stringify(after)) as AlertPlan;
    for (const { notifierId, kind } of tell) told.push(`${now} ${notifierId} ${kind.replace('alert.', '')}`);
  }
  return told;
}

test('steps are told in the order of their times, a step of nobody tells everybody, and the end goes to all who were told', () => {
  assert.deepEqual(play({ steps: [[0]], minutes: 5, happens: { 3: 'close' } }), [
    '0 a opened',
    '0 b opened',
    '0 c opened',
    '3 a closed',
    '3 b closed',
    '3 c closed',
  ]);
  const escalation = {
    steps: [
      [15, 'b'],
      [0, 'a'],
      [30, 'a', 'c'],
    ],
  } as const;
  assert.deepEqual(play({ ...escalation, minutes: 60, happens: { 50: 'close' } }), [
    '0 a opened',
    '15 b opened',
    '30 a repeated',
    '30 c opened',
    '50 a closed',
    '50 b closed',
    '50 c closed',
  ]);
  assert.deepEqual(play({ ...escalation, minutes: 60, happens: { 10: 'close' } }), ['0 a opened', '10 a closed']);
  assert.deepEqual(play({ steps: [], minutes: 10, happens: { 10: 'close' } }), [], 'only the pages show it');
  assert.deepEqual(play({ steps: [[5, 'a']], minutes: 10, happens: { 4: 'close' } }), [], 'nobody had heard of it');
});

test('the gaps between repeats grow by the first one, up to a day', () => {
  const at = (script: Script) => play(script).map((line) => Number(line.split(' ')[0]));
  assert.deepEqual(at({ steps: [[0, 'a']], repeatMinutes: 5, minutes: 80 }), [0, 5, 15, 30, 50, 75]);
  const day = 24 * 60;
  assert.deepEqual(
    at({ steps: [[0, 'a']], repeatMinutes: day / 2, minutes: 4 * day }).map((time) => time / day),
    [0, 0.5, 1.5, 2.5, 3.5],
  );
  assert.deepEqual(
    play({
      steps: [
        [0, 'a'],
        [6, 'b'],
      ],
      repeatMinutes: 5,
      minutes: 15,
    }),
    ['0 a opened', '5 a repeated', '6 b opened', '15 a repeated', '15 b repeated'],
  );
});

test('an acknowledgement stops steps and repeats; when it is over those who were told are reminded and the clock goes on', () => {
  const script = {
    steps: [
      [0, 'a'],
      [15, 'b'],
    ],
    repeatMinutes: 10,
    minutes: 60,
  } as const;
  assert.deepEqual(play({ ...script, happens: { 5: 'acknowledge', 35: 'unacknowledge' } }), [
    '0 a opened',
    '35 a repeated',
    // Ten minutes of the clock were left.
    '45 b opened',
    '45 a repeated',
  ]);
  assert.deepEqual(play({ ...script, happens: { 5: 'acknowledge', 20: 'close' } }), ['0 a opened', '20 a closed']);
});

test('in a maintenance window nobody is told; what is open at its end is told then, what ended in it never', () => {
  const script = {
    steps: [
      [0, 'a'],
      [5, 'b'],
    ],
    minutes: 60,
  } as const;
  assert.deepEqual(play({ ...script, happens: { 0: 'window', 30: 'window ends' } }), ['30 a opened', '35 b opened']);
  assert.deepEqual(play({ ...script, happens: { 0: 'window', 20: 'close' } }), []);
  assert.deepEqual(
    play({ ...script, happens: { 2: 'window', 20: 'close' } }),
    ['0 a opened', '20 a closed'],
    'who was told before hears of its end',
  );
  assert.deepEqual(
    play({ ...script, happens: { 2: 'window', 20: 'acknowledge', 30: 'window ends', 40: 'unacknowledge' } }),
    ['0 a opened', '40 a repeated', '43 b opened'],
  );
});
