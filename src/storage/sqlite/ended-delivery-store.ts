import type {
  AlertNotification,
  DeadLetter,
  Delivery,
  DeliveryEnd,
  DeliveryStore,
} from '../../alerts/delivery/ports.ts';
import type { SqlDatabase, SqlRow, SqlStatement } from './database.ts';
import { number, text, textOrNull, word } from './metadata-row.ts';

const deadLettersKept = 1000;
const notificationsShown = 200;

type Ended = Pick<
  DeliveryStore,
  'endDelivery' | 'deadLetters' | 'retryDeadLetter' | 'removeDeadLetter' | 'notificationsOf' | 'removeEndedBefore'
>;

/** What became of notices. */
export function createEndedDeliveryStore(database: SqlDatabase): Ended {
  const write = async (...statements: readonly SqlStatement[]): Promise<void> => {
    await database.write(statements);
  };
  return {
    endDelivery: (delivery, end) =>
      write(
        { sql: 'DELETE FROM deliveries WHERE id = ?', params: [delivery.id] },
        insertEnded(delivery, end),
        ...(end.state === 'givenUp' ? [cutDeadLetters(delivery.groupId)] : []),
      ),
    async deadLetters(groupId) {
      const sql = "SELECT * FROM ended_deliveries WHERE group_id = ? AND state = 'givenUp' ORDER BY seq DESC";
      return (await database.read(sql, [groupId])).map(deadLetterOf);
    },
    async retryDeadLetter(groupId, id, nowMs) {
      const results = await database.write([
        {
          sql: `INSERT INTO deliveries (id, group_id, notifier_id, alert_id, kind, created_at_ms, next_at_ms, held_until_ms, attempts, detail, body)
            SELECT e.id, e.group_id, e.notifier_id, e.alert_id, e.kind, ?, ?, 0, 0, e.detail, e.body FROM ended_deliveries e
            JOIN notifiers n ON n.group_id = e.group_id AND n.id = e.notifier_id
            WHERE e.group_id = ? AND e.id = ? AND e.state = 'givenUp'`,
          params: [Math.round(nowMs), Math.round(nowMs), groupId, id],
        },
        {
          sql: `DELETE FROM ended_deliveries WHERE group_id = ? AND id = ? AND state = 'givenUp'
            AND id IN (SELECT id FROM deliveries)`,
          params: [groupId, id],
        },
      ]);
      return (results[0]?.changes ?? 0) > 0;
    },
    async removeDeadLetter(groupId, id) {
      const results = await database.write([
        {
          sql: "DELETE FROM ended_deliveries WHERE group_id = ? AND id = ? AND state = 'givenUp'",
          params: [groupId, id],
        },
      ]);
      return (results[0]?.changes ?? 0) > 0;
    },
    async notificationsOf(groupId, alertId) {
      const waiting = await database.read(
        `SELECT d.*, json_extract(n.notifier, '$.name') AS notifier_name FROM deliveries d
          JOIN notifiers n ON n.group_id = d.group_id AND n.id = d.notifier_id
          WHERE d.group_id = ? AND d.alert_id = ? ORDER BY d.seq DESC LIMIT ?`,
        [groupId, alertId, notificationsShown],
      );
      const over = await database.read(
        'SELECT * FROM ended_deliveries WHERE group_id = ? AND alert_id = ? ORDER BY seq DESC LIMIT ?',
        [groupId, alertId, notificationsShown],
      );
      return [...waiting, ...over].map(notificationOf).slice(0, notificationsShown);
    },
    removeEndedBefore: (ms) =>
      write({ sql: 'DELETE FROM ended_deliveries WHERE ended_at_ms < ?', params: [Math.round(ms)] }),
  };
}

/** What was delivered needs no body any more. */
function insertEnded(delivery: Delivery, end: DeliveryEnd): SqlStatement {
  return {
    sql: `INSERT OR REPLACE INTO ended_deliveries (id, group_id, notifier_id, notifier_name, alert_id, kind, title, created_at_ms,
      ended_at_ms, state, attempts, detail, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    params: [
      delivery.id,
      delivery.groupId,
      delivery.notifierId,
      end.notifierName,
      delivery.alertId,
      delivery.kind,
      end.title,
      Math.round(delivery.createdAtMs),
      Math.round(end.atMs),
      end.state,
      delivery.attempts,
      end.detail,
      end.state === 'givenUp' ? delivery.body : '',
    ],
  };
}

function cutDeadLetters(groupId: string): SqlStatement {
  return {
    sql: `DELETE FROM ended_deliveries WHERE group_id = ? AND state = 'givenUp' AND seq <= (
      SELECT seq FROM ended_deliveries WHERE group_id = ? AND state = 'givenUp' ORDER BY seq DESC LIMIT 1 OFFSET ?)`,
    params: [groupId, groupId, deadLettersKept],
  };
}

function deadLetterOf(row: SqlRow): DeadLetter {
  return {
    id: text(row, 'id'),
    notifierId: text(row, 'notifier_id'),
    notifierName: text(row, 'notifier_name'),
    kind: text(row, 'kind'),
    title: text(row, 'title'),
    alertId: textOrNull(row, 'alert_id'),
    createdAtMs: number(row, 'created_at_ms'),
    givenUpAtMs: number(row, 'ended_at_ms'),
    attempts: number(row, 'attempts'),
    detail: text(row, 'detail'),
  };
}

function notificationOf(row: SqlRow): AlertNotification {
  const isOver = row['state'] !== undefined;
  return {
    id: text(row, 'id'),
    notifierId: text(row, 'notifier_id'),
    notifierName: text(row, 'notifier_name'),
    kind: text(row, 'kind'),
    createdAtMs: number(row, 'created_at_ms'),
    state: isOver ? word(row, 'state', ['delivered', 'givenUp'] as const) : 'waiting',
    endedAtMs: isOver ? number(row, 'ended_at_ms') : null,
    attempts: number(row, 'attempts'),
    detail: text(row, 'detail'),
  };
}
