import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { notice } from '../../../src/alerts/delivery/ports.ts';
import { alertMigrations } from '../../../src/storage/sqlite/alert-migrations.ts';
import { createAlertStore } from '../../../src/storage/sqlite/alert-store.ts';
import type { SqlRow } from '../../../src/storage/sqlite/database.ts';
import { lagAlert } from '../../support/notice.ts';

test('webhooks, waiting messages and open alerts of an older store go on: its end is told to whom it was told', async () => {
  const database = new DatabaseSync(':memory:');
  const [first = [], ...later] = alertMigrations;
  for (const sql of first) database.exec(sql);
  const { acknowledgedUntilMs: _, note: __, maintenance: ___, ...oldAlert } = lagAlert;
  const body = {
    id: 'd_1',
    kind: 'alert.closed',
    atMs: 5,
    groupId: 'g_1',
    link: 'https://x.example.net/',
    alert: oldAlert,
  };
  const insert = (table: string, ...values: (string | number | Uint8Array | null)[]) =>
    database.prepare(`INSERT INTO ${table} VALUES (${values.map(() => '?').join(', ')})`).run(...values);
  insert(
    'notifiers',
    'g_1',
    'n_1',
    'On "call"',
    'webhook',
    'https://hooks.example.net/x',
    1,
    Uint8Array.of(7),
    9,
    0,
    'HTTP 500',
  );
  insert(
    'notifiers',
    'g_2',
    'n_2',
    'Off',
    'webhook',
    'https://hooks.example.net/y',
    0,
    Uint8Array.of(8),
    null,
    null,
    null,
  );
  insert('alerts', 'g_1', 'al_1', 'open', 1, null, JSON.stringify(oldAlert));
  insert('alerts', 'g_1', 'al_0', 'closed', 1, 2, JSON.stringify({ ...oldAlert, id: 'al_0', state: 'closed' }));
  insert('deliveries', 1, 'd_1', 'g_1', 'n_1', 5, 6, 2, JSON.stringify(body));
  insert('alert_rules', 'g_1', 'r_1', JSON.stringify({ id: 'r_1', notifierIds: ['n_1'] }));
  for (const step of later) for (const sql of step) database.exec(sql);

  const store = createAlertStore({
    read: async (sql, params = []) => database.prepare(sql).all(...params) as SqlRow[],
    write: async () => [],
    close: async () => {},
  });
  const [notifier] = await store.notifiers('g_1');
  assert.deepEqual(notifier?.settings, {
    kind: 'webhook',
    name: 'On "call"',
    url: 'https://hooks.example.net/x',
    enabled: true,
    quietHours: null,
    digestMinutes: null,
  });
  assert.deepEqual([...(notifier?.sealedSecret ?? [])], [7]);
  assert.deepEqual(notifier?.lastAttempt, { atMs: 9, ok: false, detail: 'HTTP 500' });
  assert.equal((await store.notifiers('g_2'))[0]?.settings.enabled, false);
  const [waiting] = await store.headDeliveries();
  assert.deepEqual([waiting?.kind, waiting?.alertId, waiting?.attempts], ['alert.closed', 'al_1', 2]);
  assert.equal(notice.parse(JSON.parse(waiting?.body ?? '')).alert?.maintenance, null);
  assert.deepEqual(
    (await store.plans('g_1')).map(({ alertId, stepsDone, told }) => ({ alertId, stepsDone, told })),
    [{ alertId: 'al_1', stepsDone: 1, told: [{ notifierId: 'n_1', grouped: false }] }],
  );
  assert.equal((await store.alert('g_1', 'al_1'))?.maintenance, null);
  const [rule] = database.prepare('SELECT rule FROM alert_rules').all();
  assert.deepEqual(JSON.parse(String(rule?.['rule'])).steps, [{ afterMs: 0, notifierIds: ['n_1'] }]);
});
