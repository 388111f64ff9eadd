import { auditHash } from '../../model/audit-chain.ts';
import { AppError } from '../../runtime/errors.ts';
import type {
  AuditAnchor,
  AuditEvent,
  AuditHead,
  AuditRecord,
  AuditScope,
  AuditStore,
} from '../../server/audit/ports.ts';
import { auditEventOf, hex, insertAuditEvent, whereOf } from './audit-rows.ts';
import type { SqlDatabase, SqlStatement, SqlValue } from './database.ts';
import { number } from './metadata-row.ts';

interface Waiting {
  readonly records: readonly AuditRecord[];
  readonly resolve: () => void;
  readonly reject: (thrown: unknown) => void;
}

const mostWaiting = 10_000;
/** So many sequence numbers are looked at by one read: a filter that fits nothing does not hold the reader up. */
const span = 20_000;
const mostSpans = 50;
const upPage = 1000;
/** Another writer of the same log (a second store on one database) may come first so often. */
const mostRetries = 5;

/** The audit log in SQLite. All appends that arrive while one is written share the next transaction. */
export class SqlAuditStore implements AuditStore {
  readonly #database: SqlDatabase;
  #waiting: Waiting[] = [];
  #turn: Promise<void> = Promise.resolve();
  #head: AuditHead | undefined;

  constructor(database: SqlDatabase) {
    this.#database = database;
  }

  append(records: readonly AuditRecord[]): Promise<void> {
    if (records.length === 0) return Promise.resolve();
    if (this.#waiting.length >= mostWaiting) {
      const message = `${this.#waiting.length} audit events already wait for the disk`;
      return Promise.reject(new AppError('TIMEOUT', message, { retryable: true }));
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#waiting.push({ records, resolve, reject });
    if (this.#waiting.length === 1) this.#turn = this.#turn.then(() => this.#drain());
    return promise;
  }

  async head(): Promise<AuditHead> {
    const rows = await this.#database.read(
      'SELECT sequence, hash, at_ms FROM audit_log ORDER BY sequence DESC LIMIT 1',
    );
    const [row] = rows;
    if (row === undefined) return { ...(await this.anchor()), atMs: null };
    return { sequence: number(row, 'sequence'), hash: hex(row, 'hash'), atMs: number(row, 'at_ms') };
  }

  async anchor(): Promise<AuditAnchor> {
    const [row] = await this.#database.read('SELECT sequence, hash FROM audit_anchor');
    if (row === undefined) throw new AppError('STORE_CORRUPT', 'the audit log has no row that says where it begins');
    return { sequence: number(row, 'sequence'), hash: hex(row, 'hash') };
  }

  async page(scope: AuditScope, { before, limit }: { readonly before: number | null; readonly limit: number }) {
    const first = (await this.anchor()).sequence + 1;
    let below = before ?? (await this.head()).sequence + 1;
    const events: AuditEvent[] = [];
    for (let spans = 0; spans < mostSpans && below > first; spans++) {
      const from = Math.max(first, below - span);
      const wanted = limit - events.length;
      const found = await this.#between(scope, from, below, `DESC LIMIT ${wanted + 1}`);
      if (found.length > wanted) {
        events.push(...found.slice(0, wanted));
        return { events, nextBefore: events.at(-1)?.sequence ?? below };
      }
      events.push(...found);
      below = from;
    }
    return { events, nextBefore: below > first ? below : null };
  }

  async pageUp(scope: AuditScope, after: number) {
    const last = (await this.head()).sequence;
    let from = Math.max(after, (await this.anchor()).sequence) + 1;
    for (let spans = 0; spans < mostSpans && from <= last; spans++) {
      const to = Math.min(last, from + span - 1);
      const events = await this.#between(scope, from, to + 1, `ASC LIMIT ${upPage}`);
      if (events.length === upPage) return { events, next: events.at(-1)?.sequence ?? to };
      if (events.length > 0) return { events, next: to < last ? to : null };
      from = to + 1;
    }
    return { events: [], next: from <= last ? from - 1 : null };
  }

  async lastBefore(ms: number): Promise<number> {
    // Up to the first that is young enough: a clock that was set back later does not cut what came after it.
    const young = await this.#database.read('SELECT min(sequence) AS first FROM audit_log WHERE at_ms >= ?', [ms]);
    const first = young[0]?.['first'] ?? null;
    return first === null ? (await this.head()).sequence : Number(first) - 1;
  }

  async cut(throughSequence: number, record: (anchor: AuditAnchor, events: number) => AuditRecord): Promise<void> {
    const work = this.#turn.then(() => this.#cut(throughSequence, record));
    this.#turn = work.catch(() => {});
    await work;
  }

  async #between(scope: AuditScope, from: number, below: number, order: string): Promise<AuditEvent[]> {
    const { sql, params } = whereOf(scope);
    const rows = await this.#database.read(
      `SELECT * FROM audit_log WHERE sequence >= ? AND sequence < ? AND ${sql} ORDER BY sequence ${order}`,
      [from, below, ...params],
    );
    return rows.map(auditEventOf);
  }

  /** Never rejects: who waits is told. */
  async #drain(): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = [];
    try {
      await this.#write(
        waiting.flatMap(({ records }) => records),
        [],
      );
      for (const { resolve } of waiting) resolve();
    } catch (thrown) {
      for (const { reject } of waiting) reject(thrown);
    }
  }

  /** Chains the records to the head and writes them with `more` in one transaction. */
  async #write(records: readonly AuditRecord[], more: readonly SqlStatement[]): Promise<void> {
    for (let retries = 0; ; retries++) {
      const head = this.#head ?? (await this.head());
      const events = chained(head, records);
      const last = events.at(-1);
      try {
        await this.#database.write([...events.map(insertAuditEvent), ...more]);
        if (last !== undefined) this.#head = { sequence: last.sequence, hash: last.hash, atMs: last.atMs };
        return;
      } catch (thrown) {
        this.#head = undefined;
        const moved = (await this.head()).sequence !== head.sequence;
        if (!moved || retries >= mostRetries) throw thrown;
      }
    }
  }

  async #cut(through: number, record: (anchor: AuditAnchor, events: number) => AuditRecord): Promise<void> {
    const before = await this.anchor();
    const [row] = await this.#database.read('SELECT sequence, hash FROM audit_log WHERE sequence = ?', [through]);
    if (row === undefined || through <= before.sequence) return;
    const anchor = { sequence: through, hash: hex(row, 'hash') };
    const params: SqlValue[] = [through, Buffer.from(anchor.hash, 'hex')];
    await this.#write(
      [record(anchor, through - before.sequence)],
      [
        { sql: 'DELETE FROM audit_log WHERE sequence <= ?', params: [through] },
        { sql: 'UPDATE audit_anchor SET sequence = ?, hash = ?', params },
      ],
    );
  }
}

function chained(head: AuditHead, records: readonly AuditRecord[]): AuditEvent[] {
  let { sequence, hash } = head;
  return records.map((record) => {
    sequence += 1;
    const event = { ...record, sequence, previousHash: hash };
    hash = auditHash(event);
    return { ...event, hash };
  });
}
