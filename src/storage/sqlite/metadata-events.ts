import type { EventQuery, EventRecord, EventStore } from '../../server/ports.ts';
import type { SqlDatabase, SqlRow, SqlValue } from './database.ts';
import { number, text, word } from './metadata-row.ts';

const subjectKinds = ['host', 'set', 'cluster', 'agent', 'group'] as const;

export function createEventStore(database: SqlDatabase): EventStore {
  return {
    async appendEvents(events) {
      if (events.length > 0) await database.write(events.map(insertEvent));
    },
    async events(groupId, query) {
      const { sql, params } = select(groupId, query);
      const rows = await database.read(sql, params);
      const page = rows.slice(0, query.limit);
      const last = page.at(-1);
      const more = rows.length > query.limit && last !== undefined;
      return { events: page.map(eventOf), nextBefore: more ? `${number(last, 'at_ms')}-${number(last, 'seq')}` : null };
    },
    async removeEventsBefore(ms) {
      await database.write([{ sql: 'DELETE FROM events WHERE at_ms < ?', params: [Math.round(ms)] }]);
    },
  };
}

/** An event that is sent again (the answer was lost) has the same id and changes nothing. */
function insertEvent(event: EventRecord): { sql: string; params: SqlValue[] } {
  const { subject } = event;
  return {
    sql: `INSERT OR IGNORE INTO events (group_id, id, at_ms, kind, subject_kind, subject_id, subject_label, message)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    params: [
      event.groupId,
      event.id,
      Math.round(event.atMs),
      event.kind,
      subject.kind,
      subject.id,
      subject.label,
      event.message,
    ],
  };
}

function select(groupId: string, query: EventQuery): { sql: string; params: SqlValue[] } {
  const where = ['group_id = ?'];
  const params: SqlValue[] = [groupId];
  const add = (condition: string, ...values: SqlValue[]): void => {
    where.push(condition);
    params.push(...values);
  };
  if (query.subjectId !== undefined) add('subject_id = ?', query.subjectId);
  if (query.kind !== undefined) add('kind = ?', query.kind);
  if (query.fromMs !== undefined) add('at_ms >= ?', query.fromMs);
  if (query.toMs !== undefined) add('at_ms < ?', query.toMs);
  const before = /^(\d+)-(\d+)$/.exec(query.before ?? '');
  if (before !== null) add('(at_ms, seq) < (?, ?)', Number(before[1]), Number(before[2]));
  params.push(query.limit + 1);
  return { sql: `SELECT * FROM events WHERE ${where.join(' AND ')} ORDER BY at_ms DESC, seq DESC LIMIT ?`, params };
}

function eventOf(row: SqlRow): EventRecord {
  return {
    id: text(row, 'id'),
    groupId: text(row, 'group_id'),
    atMs: number(row, 'at_ms'),
    kind: text(row, 'kind'),
    subject: {
      kind: word(row, 'subject_kind', subjectKinds),
      id: text(row, 'subject_id'),
      label: text(row, 'subject_label'),
    },
    message: text(row, 'message'),
  };
}
