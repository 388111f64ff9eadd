import assert from 'node:assert/strict';
import { test } from 'node:test';
import { missingDefaults } from '../../src/alerts/default-rules.ts';
import type { Alert, AlertChanges, AlertStore, Delivery, NotifierRecord, StoredState } from '../../src/alerts/ports.ts';

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
    ...given,
  };
}

const delivery = (id: string, notifierId: string): Delivery => ({
  id,
  groupId: 'g_1',
  notifierId,
  createdAtMs: 5,
  nextAtMs: 5,
  attempts: 0,
  body: `{"id":"${id}"}`,
});
const none: AlertChanges = { states: [], endedStates: [], alerts: [], deliveries: [] };

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
    await store.apply('g_1', {
      states: [pending, opened],
      endedStates: [],
      alerts: [anAlert()],
      deliveries: [delivery('d_1', 'n_1')],
    });
    await store.apply('g_1', { ...none, endedStates: [{ ruleId: 'r_1', subjectId: subject.id }] });
    const again = await reopen();
    assert.deepEqual(await again.states('g_1'), [opened]);
    assert.deepEqual(await again.states('g_2'), []);
    assert.deepEqual(await again.alert('g_1', 'al_1'), anAlert());
    assert.equal(await again.alert('g_2', 'al_1'), undefined);
    assert.deepEqual(await again.headDeliveries(), [delivery('d_1', 'n_1')]);
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
      name: 'On call',
      kind: 'webhook',
      url: 'https://hooks.example.net/x',
      enabled: true,
      lastAttempt: { atMs: 7, ok: false, detail: 'HTTP 500' },
      sealedSecret: Uint8Array.of(1, 2, 255),
    };
    await store.saveNotifier('g_1', notifier);
    await store.saveNotifier('g_1', { ...notifier, id: 'n_2', lastAttempt: null, enabled: false });
    for (const [id, to] of [
      ['d_1', 'n_1'],
      ['d_2', 'n_1'],
      ['d_3', 'n_2'],
    ] as const)
      await store.addDelivery(delivery(id, to));
    await store.saveDelivery({ ...delivery('d_1', 'n_1'), attempts: 2, nextAtMs: 99 });
    const again = await reopen();
    const kept = await again.notifiers('g_1');
    assert.deepEqual(
      kept.map(({ sealedSecret, ...rest }) => ({ ...rest, sealedSecret: [...sealedSecret] })),
      [
        { ...notifier, sealedSecret: [1, 2, 255] },
        { ...notifier, id: 'n_2', lastAttempt: null, enabled: false, sealedSecret: [1, 2, 255] },
      ],
    );
    assert.deepEqual(await again.headDeliveries(), [
      { ...delivery('d_1', 'n_1'), attempts: 2, nextAtMs: 99 },
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
}
