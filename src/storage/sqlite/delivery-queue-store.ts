import {
  type AlertPlan,
  type Delivery,
  type DeliveryStore,
  type HeldDelivery,
  noticeKind,
} from '../../alerts/delivery/ports.ts';
import { alertSchema } from '../../alerts/ports.ts';
import type { SqlDatabase, SqlRow, SqlStatement } from './database.ts';
import { number, parsed, text, textOrNull, upsert, word } from './metadata-row.ts';

type Queue = Pick<
  DeliveryStore,
  | 'headDeliveries'
  | 'headDelivery'
  | 'heldUntil'
  | 'heldDeliveries'
  | 'replaceHeld'
  | 'releaseHeld'
  | 'addDelivery'
  | 'saveDelivery'
  | 'removeDelivery'
>;

/** Notices on their way. */
export function createDeliveryQueueStore(database: SqlDatabase): Queue {
  const write = async (...statements: readonly SqlStatement[]): Promise<void> => {
    await database.write(statements);
  };
  return {
    async headDeliveries() {
      const heads = 'SELECT min(seq) FROM deliveries WHERE held_until_ms = 0 GROUP BY notifier_id';
      return (await database.read(`SELECT * FROM deliveries WHERE seq IN (${heads}) ORDER BY seq`)).map(deliveryOf);
    },
    async headDelivery(notifierId) {
      const sql = 'SELECT * FROM deliveries WHERE notifier_id = ? AND held_until_ms = 0 ORDER BY seq LIMIT 1';
      return (await database.read(sql, [notifierId])).map(deliveryOf)[0];
    },
    async heldUntil() {
      const sql = `SELECT group_id, notifier_id, min(held_until_ms) AS until_ms FROM deliveries
        WHERE held_until_ms > 0 GROUP BY notifier_id`;
      return (await database.read(sql)).map((row) => ({
        groupId: text(row, 'group_id'),
        notifierId: text(row, 'notifier_id'),
        untilMs: number(row, 'until_ms'),
      }));
    },
    async heldDeliveries(notifierId, nowMs, afterSequence, limit) {
      // The page first, then its alerts: a join of all that is held would be sorted for every page.
      const page = `SELECT * FROM deliveries WHERE notifier_id = ? AND held_until_ms > 0 AND held_until_ms <= ? AND seq > ?
        ORDER BY seq LIMIT ?`;
      const sql = `SELECT d.*, a.alert FROM (${page}) d
        LEFT JOIN alerts a ON a.group_id = d.group_id AND a.id = d.alert_id ORDER BY d.seq`;
      return (await database.read(sql, [notifierId, Math.round(nowMs), afterSequence, limit])).map(heldOf);
    },
    replaceHeld: (notifierId, nowMs, throughSequence, by) =>
      write(
        {
          sql: 'DELETE FROM deliveries WHERE notifier_id = ? AND held_until_ms > 0 AND held_until_ms <= ? AND seq <= ?',
          params: [notifierId, Math.round(nowMs), throughSequence],
        },
        ...by.map(insertDelivery),
      ),
    releaseHeld: (notifierId, nowMs) =>
      write({
        sql: 'UPDATE deliveries SET held_until_ms = ? WHERE notifier_id = ? AND held_until_ms > ?',
        params: [Math.round(nowMs), notifierId, Math.round(nowMs)],
      }),
    addDelivery: (delivery) => write(insertDelivery(delivery)),
    saveDelivery: ({ id, nextAtMs, attempts, detail }) =>
      write({
        sql: 'UPDATE deliveries SET next_at_ms = ?, attempts = ?, detail = ? WHERE id = ?',
        params: [Math.round(nextAtMs), attempts, detail, id],
      }),
    removeDelivery: (deliveryId) => write({ sql: 'DELETE FROM deliveries WHERE id = ?', params: [deliveryId] }),
  };
}

/** Part of the transaction that stores what a look at a group found out. */
export function deliveryStatements(
  groupId: string,
  {
    plans,
    endedPlans,
    deliveries,
  }: { plans: readonly AlertPlan[]; endedPlans: readonly string[]; deliveries: readonly Delivery[] },
): readonly SqlStatement[] {
  return [
    ...plans.map((plan) =>
      upsert('alert_plans', { group_id: groupId, alert_id: plan.alertId, plan: JSON.stringify(plan) }),
    ),
    ...endedPlans.map((alertId) => ({
      sql: 'DELETE FROM alert_plans WHERE group_id = ? AND alert_id = ?',
      params: [groupId, alertId],
    })),
    ...deliveries.map(insertDelivery),
  ];
}

function insertDelivery(delivery: Delivery): SqlStatement {
  const { id, groupId, notifierId, alertId, kind, createdAtMs, nextAtMs, heldUntilMs, attempts, detail, body } =
    delivery;
  return {
    sql: `INSERT INTO deliveries (id, group_id, notifier_id, alert_id, kind, created_at_ms, next_at_ms, held_until_ms, attempts, detail, body)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    params: [
      id,
      groupId,
      notifierId,
      alertId,
      kind,
      Math.round(createdAtMs),
      Math.round(nextAtMs),
      Math.round(heldUntilMs),
      attempts,
      detail,
      body,
    ],
  };
}

function deliveryOf(row: SqlRow): Delivery {
  return {
    id: text(row, 'id'),
    groupId: text(row, 'group_id'),
    notifierId: text(row, 'notifier_id'),
    alertId: textOrNull(row, 'alert_id'),
    kind: word(row, 'kind', noticeKind.options),
    createdAtMs: number(row, 'created_at_ms'),
    nextAtMs: number(row, 'next_at_ms'),
    heldUntilMs: number(row, 'held_until_ms'),
    attempts: number(row, 'attempts'),
    detail: text(row, 'detail'),
    body: text(row, 'body'),
  };
}

function heldOf(row: SqlRow): HeldDelivery {
  const alert = row['alert'] === null ? null : parsed(row, 'alert', alertSchema);
  return { ...deliveryOf(row), sequence: number(row, 'seq'), alert };
}
