import assert from 'node:assert/strict';
import { test } from 'node:test';
import { missingDefaults } from '../../src/alerts/default-rules.ts';
import { newPlan } from '../../src/alerts/delivery/alert-plan.ts';
import type { Delivery, DeliveryEnd, NotifierRecord } from '../../src/alerts/delivery/ports.ts';
import type { Alert, AlertChanges, AlertStore, StoredState } from '../../src/alerts/ports.ts';

export const subject = { kind: 'host', id: 'h_1', label: 'checkout-1:27017' } as const;

export function anAlert(given: Partial<Alert> = {}): Alert {
  return {
    id: 'al_1',
    ruleId: 'r_1',
    ruleName: 'Lag',
    severity: 'warn',
    state: 'open',
    subject,
    title: 'checkout-1 is 4 min 12 s behind its primary',
    detail: 'Look at its disk.',
    value: 252,
    threshold: 60,
    openedAtMs: 1_000,
    acknowledgedAtMs: null,
    acknowledgedBy: null,
    acknowledgedUntilMs: null,
    note: null,
    closedAtMs: null,
    maintenance: null,
    ...given,
  };
}

const delivery = (id: string, notifierId: string, given: Partial<Delivery> = {}): Delivery => ({
  id,
  groupId: 'g_1',
  notifierId,
  createdAtMs: 5,
  nextAtMs: 5,
  alertId: 'al_1',
  kind: 'alert.opened',
  heldUntilMs: 0,
  attempts: 0,
  detail: '',
  body: `{"id":"${id}"}`,
  ...given,
});
const none: AlertChanges = { states: [], endedStates: [], alerts: [], plans: [], endedPlans: [], deliveries: [] };

/** What every alert store must do; `reopen` closes it and opens it on the same data. */
export function alertStoreContract(
  name: string,
  open: () => Promise<{ store: AlertStore; reopen: () => Promise<AlertStore>; close: () => Promise<void> }>,
): void {
  test(`${name}: rules are kept per group and replaced by id`, async () => {
    const { store, reopen, close } = await open();
    const [rule, second] = missingDefaults([]);
    assert.ok(rule !== undefined && second !== undefined);
    await store.saveRules('g_1', [rule, second]);
    await store.saveRules('g_1', [{ ...rule, enabled: false }]);
    await store.removeRule('g_1', second.id);
    await store.removeRule('g_2', rule.id);
    const again = await reopen();
    assert.deepEqual(await again.rules('g_1'), [{ ...rule, enabled: false }]);
    assert.deepEqual(await again.rules('g_2'), []);
    await close();
  });

  test(`${name}: states, alerts and deliveries of one look are there together after a restart`, async () => {
    const { store, reopen, close } = await open();
    const pending: StoredState = { ruleId: 'r_1', subject, state: { at: 'pending', heldMs: 5_000, lastMs: 9_000 } };
    const opened: StoredState = {
      ruleId: 'r_2',
      subject,
      state: { at: 'open', alertId: 'al_1', clearMs: 0, lastMs: 9_000 },
    };
    const plan = newPlan('al_1', { hosts: ['h_1'], sets: [], tags: ['shop'] }, 9_000);
    await store.apply('g_1', {
      ...none,
      states: [pending, opened],
      alerts: [anAlert()],
      plans: [plan, { ...plan, alertId: 'al_2' }],
      deliveries: [delivery('d_1', 'n_1')],
    });
    await store.apply('g_1', {
      ...none,
      endedStates: [{ ruleId: 'r_1', subjectId: subject.id }],
      endedPlans: ['al_2'],
    });
    const again = await reopen();
    assert.deepEqual(await again.states('g_1'), [opened]);
    assert.deepEqual(await again.states('g_2'), []);
    assert.deepEqual(await again.alert('g_1', 'al_1'), anAlert());
    assert.equal(await again.alert('g_2', 'al_1'), undefined);
    assert.deepEqual(await again.headDeliveries(), [delivery('d_1', 'n_1')]);
    assert.deepEqual(await again.plans('g_1'), [plan]);
    assert.deepEqual(await again.plans('g_2'), []);
    await close();
  });

  test(`${name}: alerts are listed newest first, by state, and old closed ones can be forgotten`, async () => {
    const { store, close } = await open();
    const alerts = [
      anAlert({ id: 'al_1', openedAtMs: 1 }),
      anAlert({
        id: 'al_2',
        openedAtMs: 2,
        state: 'acknowledged',
        acknowledgedAtMs: 3,
        acknowledgedBy: 'eve@example.net',
      }),
      anAlert({ id: 'al_3', openedAtMs: 3, state: 'closed', closedAtMs: 10 }),
      anAlert({ id: 'al_4', openedAtMs: 4, state: 'closed', closedAtMs: 20 }),
    ];
    await store.apply('g_1', { ...none, alerts });
    const ids = async (state?: 'active' | 'open' | 'acknowledged' | 'closed', limit = 10) =>
      (await store.alerts('g_1', state === undefined ? { limit } : { state, limit })).map((alert) => alert.id);
    assert.deepEqual(await ids(), ['al_4', 'al_3', 'al_2', 'al_1']);
    assert.deepEqual(await ids('active'), ['al_2', 'al_1']);
    assert.deepEqual(await ids('open'), ['al_1']);
    assert.deepEqual(await ids('acknowledged'), ['al_2']);
    assert.deepEqual(await ids('closed', 1), ['al_4']);
    await store.removeClosedBefore(15);
    assert.deepEqual(await ids(), ['al_4', 'al_2', 'al_1']);
    await close();
  });

  test(`${name}: a notifier keeps its sealed secret, and its deliveries wait in order until it is removed`, async () => {
    const { store, reopen, close } = await open();
    const notifier: NotifierRecord = {
      id: 'n_1',
      settings: {
        kind: 'webhook',
        name: 'On call',
        url: 'https://hooks.example.net/x',
        enabled: true,
        quietHours: { start: '22:00', end: '07:00', timeZone: 'Europe/Berlin' },
        digestMinutes: null,
      },
      lastAttempt: { atMs: 7, ok: false, detail: 'HTTP 500' },
      sealedSecret: Uint8Array.of(1, 2, 255),
    };
    await store.saveNotifier('g_1', notifier);
    await store.saveNotifier('g_1', { ...notifier, id: 'n_2', lastAttempt: null });
    for (const [id, to] of [
      ['d_1', 'n_1'],
      ['d_2', 'n_1'],
      ['d_3', 'n_2'],
    ] as const)
      await store.addDelivery(delivery(id, to));
    await store.saveDelivery({ ...delivery('d_1', 'n_1'), attempts: 2, nextAtMs: 99, detail: 'HTTP 500' });
    const again = await reopen();
    const kept = await again.notifiers('g_1');
    assert.deepEqual(
      kept.map(({ sealedSecret, ...rest }) => ({ ...rest, sealedSecret: [...sealedSecret] })),
      [
        { ...notifier, sealedSecret: [1, 2, 255] },
        { ...notifier, id: 'n_2', lastAttempt: null, sealedSecret: [1, 2, 255] },
      ],
    );
    assert.deepEqual(await again.headDeliveries(), [
      { ...delivery('d_1', 'n_1'), attempts: 2, nextAtMs: 99, detail: 'HTTP 500' },
      delivery('d_3', 'n_2'),
    ]);
    await again.removeDelivery('d_1');
    assert.deepEqual(
      (await again.headDeliveries()).map(({ id }) => id),
      ['d_2', 'd_3'],
    );
    await again.removeNotifier('g_1', 'n_1');
    assert.deepEqual(
      (await again.headDeliveries()).map(({ id }) => id),
      ['d_3'],
    );
    assert.deepEqual(
      (await again.notifiers('g_1')).map(({ id }) => id),
      ['n_2'],
    );
    await close();
  });

  test(`${name}: held deliveries wait beside the queue and give way to what is made of them`, async () => {
    const { store, close } = await open();
    await store.apply('g_1', { ...none, alerts: [anAlert()] });
    const held = (id: string, heldUntilMs: number) => delivery(id, 'n_1', { heldUntilMs, body: '' });
    for (const each of [held('d_1', 100), held('d_2', 200), delivery('d_3', 'n_1'), held('d_4', 100)]) {
      await store.addDelivery(each);
    }
    assert.deepEqual(await store.headDelivery('n_1'), delivery('d_3', 'n_1'));
    assert.equal(await store.headDelivery('n_2'), undefined);
    assert.deepEqual(await store.heldUntil(), [{ groupId: 'g_1', notifierId: 'n_1', untilMs: 100 }]);
    const over = await store.heldDeliveries('n_1', 150, 0, 10);
    assert.deepEqual(
      over.map(({ id, alert }) => [id, alert?.id]),
      [
        ['d_1', 'al_1'],
        ['d_4', 'al_1'],
      ],
    );
    assert.deepEqual(await store.heldDeliveries('n_1', 99, 0, 10), []);
    await store.replaceHeld('n_1', 150, over.at(-1)?.sequence ?? 0, [delivery('d_5', 'n_1')]);
    assert.deepEqual((await store.heldUntil())[0]?.untilMs, 200);
    await store.releaseHeld('n_1', 160);
    assert.deepEqual(
      (await store.heldDeliveries('n_1', 160, 0, 10)).map(({ id }) => id),
      ['d_2'],
    );
    await store.removeDelivery('d_3');
    assert.equal((await store.headDelivery('n_1'))?.id, 'd_5');
    await close();
  });

  test(`${name}: what was given up can be sent again or thrown away, and an alert knows who was told`, async () => {
    const { store, close } = await open();
    const notifier: NotifierRecord = {
      id: 'n_1',
      settings: {
        kind: 'mail',
        name: 'Ops',
        to: ['ops@example.net'],
        enabled: true,
        quietHours: null,
        digestMinutes: 5,
      },
      lastAttempt: null,
      sealedSecret: Uint8Array.of(1),
    };
    await store.saveNotifier('g_1', notifier);
    const end: DeliveryEnd = { state: 'givenUp', atMs: 50, detail: 'HTTP 500', notifierName: 'Ops', title: 'Lag' };
    for (const id of ['d_1', 'd_2', 'd_3']) await store.addDelivery(delivery(id, 'n_1'));
    await store.endDelivery({ ...delivery('d_1', 'n_1'), attempts: 9 }, end);
    await store.endDelivery(delivery('d_2', 'n_1'), { ...end, state: 'delivered', detail: 'HTTP 200', atMs: 60 });
    assert.deepEqual(
      (await store.notificationsOf('g_1', 'al_1')).map(({ id, state, notifierName }) => [id, state, notifierName]),
      [
        ['d_3', 'waiting', 'Ops'],
        ['d_2', 'delivered', 'Ops'],
        ['d_1', 'givenUp', 'Ops'],
      ],
    );
    const [letter, ...others] = await store.deadLetters('g_1');
    assert.deepEqual([letter?.id, letter?.attempts, letter?.title, others.length], ['d_1', 9, 'Lag', 0]);
    assert.equal(await store.retryDeadLetter('g_2', 'd_1', 70), false, 'of another group');
    assert.equal(await store.removeDeadLetter('g_2', 'd_1'), false);
    assert.equal(await store.retryDeadLetter('g_1', 'd_2', 70), false, 'delivered');
    assert.equal(await store.retryDeadLetter('g_1', 'd_1', 70), true);
    assert.deepEqual(await store.deadLetters('g_1'), []);
    await store.removeDelivery('d_3');
    const again = delivery('d_1', 'n_1', { createdAtMs: 70, nextAtMs: 70, detail: 'HTTP 500' });
    assert.deepEqual(await store.headDelivery('n_1'), again);
    await store.endDelivery(again, end);
    assert.equal(await store.removeDeadLetter('g_1', 'd_1'), true);
    assert.deepEqual(await store.deadLetters('g_1'), []);
    await store.removeEndedBefore(61);
    assert.deepEqual(await store.notificationsOf('g_1', 'al_1'), []);
    await close();
  });

  test(`${name}: maintenance windows are kept until they are removed`, async () => {
    const { store, reopen, close } = await open();
    const window = {
      id: 'mw_1',
      name: 'Patches',
      enabled: true,
      times: { kind: 'once', fromMs: 1, toMs: 2 } as const,
      target: { hosts: ['h_1'], sets: [], tags: [] },
      createdBy: 'eve@example.net',
      createdAtMs: 1,
    };
    await store.saveWindow('g_1', window);
    await store.saveWindow('g_1', { ...window, id: 'mw_2' });
    await store.removeWindow('g_1', 'mw_2');
    const again = await reopen();
    assert.deepEqual(await again.windows('g_1'), [window]);
    assert.deepEqual(await again.windows('g_2'), []);
    await close();
  });
}
