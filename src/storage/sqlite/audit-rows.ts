import { canonicalJson } from '../../model/audit-chain.ts';
import type { AuditEvent, AuditScope, AuditValue } from '../../server/audit/ports.ts';
import type { SqlRow, SqlStatement, SqlValue } from './database.ts';
import { bytes, number, text, textOrNull, word } from './metadata-row.ts';

const actorKinds = ['user', 'token', 'agent', 'link', 'admin-cli', 'system'] as const;

export function insertAuditEvent(event: AuditEvent): SqlStatement {
  const { sequence, id, atMs, groupId, actor, address, action, subject, detail } = event;
  return {
    sql: 'INSERT INTO audit_log VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    params: [
      sequence,
      id,
      atMs,
      groupId,
      actor.kind,
      actor.id,
      actor.name,
      address,
      action,
      subject?.kind ?? null,
      subject?.id ?? null,
      subject?.label ?? null,
      canonicalJson(detail),
      Buffer.from(event.previousHash, 'hex'),
      Buffer.from(event.hash, 'hex'),
    ],
  };
}

export function auditEventOf(row: SqlRow): AuditEvent {
  const kind = textOrNull(row, 'subject_kind');
  return {
    sequence: number(row, 'sequence'),
    id: text(row, 'id'),
    atMs: number(row, 'at_ms'),
    groupId: textOrNull(row, 'group_id'),
    actor: {
      kind: word(row, 'actor_kind', actorKinds),
      id: textOrNull(row, 'actor_id'),
      name: text(row, 'actor_name'),
    },
    address: textOrNull(row, 'address'),
    action: text(row, 'action'),
    subject: kind === null ? null : { kind, id: text(row, 'subject_id'), label: text(row, 'subject_label') },
    detail: JSON.parse(text(row, 'detail')) as Record<string, AuditValue>,
    previousHash: hex(row, 'previous_hash'),
    hash: hex(row, 'hash'),
  };
}

export function hex(row: SqlRow, column: string): string {
  return Buffer.from(bytes(row, column)).toString('hex');
}

/** The condition of a filter, to be joined with others by AND. */
export function whereOf({ groupId, filter }: AuditScope): { sql: string; params: SqlValue[] } {
  const where = ['1'];
  const params: SqlValue[] = [];
  const add = (condition: string, ...values: SqlValue[]): void => {
    where.push(condition);
    params.push(...values);
  };
  if (groupId !== null) add('group_id = ?', groupId);
  if (filter.from !== undefined) add('at_ms >= ?', filter.from);
  if (filter.to !== undefined) add('at_ms < ?', filter.to);
  if (filter.action !== undefined) add('substr(action, 1, length(?)) = ?', filter.action, filter.action);
  if (filter.actor !== undefined) {
    add(`(actor_id = ? OR actor_name LIKE ? ESCAPE '\\')`, filter.actor, like(filter.actor));
  }
  if (filter.text !== undefined) {
    const columns = ['action', 'actor_name', 'address', 'subject_id', 'subject_label', 'detail'];
    const places = columns.map((column) => `${column} LIKE ? ESCAPE '\\'`);
    const pattern = like(filter.text);
    add(`(${places.join(' OR ')})`, ...columns.map(() => pattern));
  }
  return { sql: where.join(' AND '), params };
}

function like(part: string): string {
  return `%${part.replaceAll(/[\\%_]/g, '\\$&')}%`;
}
