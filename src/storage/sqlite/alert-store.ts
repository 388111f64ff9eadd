import type {
  Alert,
  AlertChanges,
  AlertQuery,
  AlertStore,
  Delivery,
  NotifierRecord,
  StoredState,
} from '../../alerts/ports.ts';
import { alertRuleSchema, alertSchema, conditionState } from '../../alerts/ports.ts';
import { AppError } from '../../runtime/errors.ts';
import type { SqlDatabase, SqlRow, SqlStatement, SqlValue } from './database.ts';
import { bytes, flag, number, numberOrNull, text, textOrNull, upsert, word } from './metadata-row.ts';

/** The alert store in SQLite; the schema is in alert-migrations.ts. Rules, states and alerts rest as JSON beside what is searched. */
export function createAlertStore(database: SqlDatabase): AlertStore {
  const write = async (...statements: readonly SqlStatement[]): Promise<void> => {
    if (statements.length > 0) await database.write(statements);
  };
  return {
    async rules(groupId) {
      const rows = await database.read('SELECT rule FROM alert_rules WHERE group_id = ? ORDER BY id', [groupId]);
      return rows.map((row) => parsed(row, 'rule', alertRuleSchema));
    },
    saveRules: (groupId, rules) =>
      write(
        ...rules.map((rule) => upsert('alert_rules', { group_id: groupId, id: rule.id, rule: JSON.stringify(rule) })),
      ),
    removeRule: (groupId, ruleId) =>
      write({ sql: 'DELETE FROM alert_rules WHERE group_id = ? AND id = ?', params: [groupId, ruleId] }),

    async states(groupId) {
      const rows = await database.read('SELECT * FROM alert_states WHERE group_id = ?', [groupId]);
      return rows.map(stateOf);
    },
    apply: (groupId, changes) => write(...changeStatements(groupId, changes)),
    async alerts(groupId, query) {
      const { condition, params } = stateCondition(query);
      const sql = `SELECT alert FROM alerts WHERE group_id = ? ${condition} ORDER BY opened_at_ms DESC, id LIMIT ?`;
      const rows = await database.read(sql, [groupId, ...params, query.limit]);
      return rows.map((row) => parsed(row, 'alert', alertSchema));
    },
    async alert(groupId, alertId) {
      const [row] = await database.read('SELECT alert FROM alerts WHERE group_id = ? AND id = ?', [groupId, alertId]);
      return row === undefined ? undefined : parsed(row, 'alert', alertSchema);
    },
    removeClosedBefore: (ms) =>
      write({ sql: "DELETE FROM alerts WHERE state = 'closed' AND closed_at_ms < ?", params: [Math.round(ms)] }),

    async notifiers(groupId) {
      const rows = await database.read('SELECT * FROM notifiers WHERE group_id = ? ORDER BY name, id', [groupId]);
      return rows.map(notifierOf);
    },
    saveNotifier: (groupId, notifier) => write(saveNotifier(groupId, notifier)),
    removeNotifier: (groupId, notifierId) =>
      write(
        { sql: 'DELETE FROM notifiers WHERE group_id = ? AND id = ?', params: [groupId, notifierId] },
        { sql: 'DELETE FROM deliveries WHERE group_id = ? AND notifier_id = ?', params: [groupId, notifierId] },
      ),

    async headDeliveries() {
      const heads = 'SELECT min(seq) FROM deliveries GROUP BY notifier_id';
      return (await database.read(`SELECT * FROM deliveries WHERE seq IN (${heads}) ORDER BY seq`)).map(deliveryOf);
    },
    addDelivery: (delivery) => write(insertDelivery(delivery)),
    saveDelivery: ({ id, nextAtMs, attempts }) =>
      write({
        sql: 'UPDATE deliveries SET next_at_ms = ?, attempts = ? WHERE id = ?',
        params: [Math.round(nextAtMs), attempts, id],
      }),
    removeDelivery: (deliveryId) => write({ sql: 'DELETE FROM deliveries WHERE id = ?', params: [deliveryId] }),
  };
}

function changeStatements(groupId: string, changes: AlertChanges): readonly SqlStatement[] {
  return [
    ...changes.states.map(({ ruleId, subject, state }) =>
      upsert('alert_states', {
        group_id: groupId,
        rule_id: ruleId,
        subject_id: subject.id,
        subject_kind: subject.kind,
        subject_label: subject.label,
        state: JSON.stringify(state),
      }),
    ),
    ...changes.endedStates.map(({ ruleId, subjectId }) => ({
      sql: 'DELETE FROM alert_states WHERE group_id = ? AND rule_id = ? AND subject_id = ?',
      params: [groupId, ruleId, subjectId],
    })),
    ...changes.alerts.map((alert) => saveAlert(groupId, alert)),
    ...changes.deliveries.map(insertDelivery),
  ];
}

function saveAlert(groupId: string, alert: Alert): SqlStatement {
  return upsert('alerts', {
    group_id: groupId,
    id: alert.id,
    state: alert.state,
    opened_at_ms: Math.round(alert.openedAtMs),
    closed_at_ms: alert.closedAtMs === null ? null : Math.round(alert.closedAtMs),
    alert: JSON.stringify(alert),
  });
}

function insertDelivery(delivery: Delivery): SqlStatement {
  const { id, groupId, notifierId, createdAtMs, nextAtMs, attempts, body } = delivery;
  return {
    sql: `INSERT INTO deliveries (id, group_id, notifier_id, created_at_ms, next_at_ms, attempts, body) VALUES (?, ?, ?, ?, ?, ?, ?)`,
    params: [id, groupId, notifierId, Math.round(createdAtMs), Math.round(nextAtMs), attempts, body],
  };
}

function saveNotifier(groupId: string, notifier: NotifierRecord): SqlStatement {
  const { lastAttempt } = notifier;
  return upsert('notifiers', {
    group_id: groupId,
    id: notifier.id,
    name: notifier.name,
    kind: notifier.kind,
    url: notifier.url,
    enabled: notifier.enabled ? 1 : 0,
    secret: notifier.sealedSecret,
    last_at_ms: lastAttempt === null ? null : Math.round(lastAttempt.atMs),
    last_ok: lastAttempt === null ? null : lastAttempt.ok ? 1 : 0,
    last_detail: lastAttempt?.detail ?? null,
  });
}

function stateCondition({ state }: AlertQuery): { condition: string; params: readonly SqlValue[] } {
  if (state === undefined) return { condition: '', params: [] };
  if (state === 'active') return { condition: "AND state <> 'closed'", params: [] };
  return { condition: 'AND state = ?', params: [state] };
}

function stateOf(row: SqlRow): StoredState {
  return {
    ruleId: text(row, 'rule_id'),
    subject: {
      kind: word(row, 'subject_kind', ['host', 'set', 'cluster', 'agent', 'group'] as const),
      id: text(row, 'subject_id'),
      label: text(row, 'subject_label'),
    },
    state: parsed(row, 'state', conditionState),
  };
}

function notifierOf(row: SqlRow): NotifierRecord {
  const lastAtMs = numberOrNull(row, 'last_at_ms');
  return {
    id: text(row, 'id'),
    name: text(row, 'name'),
    kind: word(row, 'kind', ['webhook'] as const),
    url: text(row, 'url'),
    enabled: flag(row, 'enabled'),
    sealedSecret: bytes(row, 'secret'),
    lastAttempt:
      lastAtMs === null
        ? null
        : { atMs: lastAtMs, ok: flag(row, 'last_ok'), detail: textOrNull(row, 'last_detail') ?? '' },
  };
}

function deliveryOf(row: SqlRow): Delivery {
  return {
    id: text(row, 'id'),
    groupId: text(row, 'group_id'),
    notifierId: text(row, 'notifier_id'),
    createdAtMs: number(row, 'created_at_ms'),
    nextAtMs: number(row, 'next_at_ms'),
    attempts: number(row, 'attempts'),
    body: text(row, 'body'),
  };
}

interface Schema<T> {
  safeParse(input: unknown): { success: true; data: T } | { success: false; error: unknown };
}

function parsed<T>(row: SqlRow, column: string, schema: Schema<T>): T {
  const result = schema.safeParse(JSON.parse(text(row, column)));
  if (result.success) return result.data;
  throw new AppError('STORE_CORRUPT', `the column ${column} of the alert store holds what this version cannot read`, {
    cause: result.error,
  });
}
