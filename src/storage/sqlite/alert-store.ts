import type { Alert, AlertChanges, AlertQuery, AlertStore, StoredState } from '../../alerts/ports.ts';
import { alertRuleSchema, alertSchema, conditionState } from '../../alerts/ports.ts';
import type { SqlDatabase, SqlRow, SqlStatement, SqlValue } from './database.ts';
import { deliveryStatements } from './delivery-queue-store.ts';
import { createDeliveryStore } from './delivery-store.ts';
import { parsed, text, upsert, word } from './metadata-row.ts';

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
    ...createDeliveryStore(database),
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
    ...deliveryStatements(groupId, changes),
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
