import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { alertRuleSchema } from '../../../src/alerts/ports.ts';
import { alertMigrations } from '../../../src/storage/sqlite/alert-migrations.ts';

test('rules of before steps and targets tell at once whom they named, and are about everything', () => {
  using database = new DatabaseSync(':memory:');
  const [first = [], ...later] = alertMigrations;
  for (const sql of first) database.exec(sql);
  const rule = { id: 'r_1', name: 'Lag', forMs: 0, severity: 'warn', enabled: true, builtIn: false };
  const condition = { kind: 'metric', metric: 'cpu.busy', above: 80 };
  const insert = database.prepare('INSERT INTO alert_rules VALUES (?, ?, ?)');
  insert.run('g_1', 'r_1', JSON.stringify({ ...rule, condition, notifierIds: ['n_1', 'n_2'] }));
  insert.run('g_1', 'r_2', JSON.stringify({ ...rule, condition, notifierIds: [] }));
  for (const step of later) for (const sql of step) database.exec(sql);
  const rules = database
    .prepare('SELECT rule FROM alert_rules ORDER BY id')
    .all()
    .map((row) => alertRuleSchema.parse(JSON.parse(String(row['rule']))));
  assert.deepEqual(
    rules.map(({ steps }) => steps),
    [[{ afterMs: 0, notifierIds: ['n_1', 'n_2'] }], [{ afterMs: 0, notifierIds: [] }]],
  );
  const { target, closeAfterMs, repeatMs } = rules[0] ?? {};
  assert.deepEqual(target, { hostPattern: '', hostTypes: [], sets: [], clusters: [], tags: [] });
  assert.deepEqual([closeAfterMs, repeatMs], [30_000, null]);
});
