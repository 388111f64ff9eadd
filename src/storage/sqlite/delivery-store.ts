import {
  alertPlan,
  type DeliveryStore,
  maintenanceWindowRecord,
  type NotifierRecord,
  notifierSettings,
} from '../../alerts/delivery/ports.ts';
import type { SqlDatabase, SqlRow, SqlStatement } from './database.ts';
import { createDeliveryQueueStore } from './delivery-queue-store.ts';
import { createEndedDeliveryStore } from './ended-delivery-store.ts';
import { bytes, flag, numberOrNull, parsed, text, textOrNull, upsert } from './metadata-row.ts';

/** What telling needs, in SQLite; the schema is in alert-migrations.ts. */
export function createDeliveryStore(database: SqlDatabase): DeliveryStore {
  const write = async (...statements: readonly SqlStatement[]): Promise<void> => {
    await database.write(statements);
  };
  return {
    async plans(groupId) {
      const rows = await database.read('SELECT plan FROM alert_plans WHERE group_id = ?', [groupId]);
      return rows.map((row) => parsed(row, 'plan', alertPlan));
    },
    async windows(groupId) {
      const rows = await database.read('SELECT body FROM maintenance_windows WHERE group_id = ? ORDER BY id', [
        groupId,
      ]);
      return rows.map((row) => parsed(row, 'body', maintenanceWindowRecord));
    },
    saveWindow: (groupId, window) =>
      write(upsert('maintenance_windows', { group_id: groupId, id: window.id, body: JSON.stringify(window) })),
    removeWindow: (groupId, id) =>
      write({ sql: 'DELETE FROM maintenance_windows WHERE group_id = ? AND id = ?', params: [groupId, id] }),

    async notifiers(groupId) {
      const rows = await database.read('SELECT * FROM notifiers WHERE group_id = ? ORDER BY id', [groupId]);
      return rows.map(notifierOf);
    },
    saveNotifier: (groupId, notifier) => write(saveNotifier(groupId, notifier)),
    removeNotifier: (groupId, notifierId) =>
      write(
        { sql: 'DELETE FROM notifiers WHERE group_id = ? AND id = ?', params: [groupId, notifierId] },
        { sql: 'DELETE FROM deliveries WHERE group_id = ? AND notifier_id = ?', params: [groupId, notifierId] },
      ),
    ...createDeliveryQueueStore(database),
    ...createEndedDeliveryStore(database),
  };
}

function saveNotifier(groupId: string, notifier: NotifierRecord): SqlStatement {
  const { lastAttempt } = notifier;
  return upsert('notifiers', {
    group_id: groupId,
    id: notifier.id,
    notifier: JSON.stringify(notifier.settings),
    secret: notifier.sealedSecret,
    last_at_ms: lastAttempt === null ? null : Math.round(lastAttempt.atMs),
    last_ok: lastAttempt === null ? null : lastAttempt.ok ? 1 : 0,
    last_detail: lastAttempt?.detail ?? null,
  });
}

function notifierOf(row: SqlRow): NotifierRecord {
  const lastAtMs = numberOrNull(row, 'last_at_ms');
  return {
    id: text(row, 'id'),
    settings: parsed(row, 'notifier', notifierSettings),
    sealedSecret: bytes(row, 'secret'),
    lastAttempt:
      lastAtMs === null
        ? null
        : { atMs: lastAtMs, ok: flag(row, 'last_ok'), detail: textOrNull(row, 'last_detail') ?? '' },
  };
}
