import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { auditHash, genesisHash } from '../../model/audit-chain.ts';
import { AppError } from '../../runtime/errors.ts';
import type { AuditAnchor, AuditEvent, AuditHead } from '../../server/audit/ports.ts';
import { auditEventOf, hex } from './audit-rows.ts';
import type { SqlRow } from './database.ts';
import { number } from './metadata-row.ts';
import { openError } from './sql-error.ts';

export interface AuditVerdict {
  readonly ok: boolean;
  /** Events that are there. */
  readonly events: number;
  /** The last event that was cut; sequence 0: none was. */
  readonly anchor: AuditAnchor;
  /** The newest good event before the first bad one; the anchor when there is none. */
  readonly head: AuditHead;
  /** The first that is wrong. Sequence null: it is about the log as a whole. */
  readonly bad: { readonly sequence: number | null; readonly reason: string } | null;
}

/**
 * Reads the audit log of a data directory from its beginning and checks the chain; a server may run on it.
 * `known`: a head that was kept elsewhere must still be in the log.
 * @throws NOT_FOUND when there is no database, STORE_NEWER when it has no audit log
 */
export function verifyAuditLog(dataDir: string, known?: AuditAnchor): AuditVerdict {
  const path = join(dataDir, 'leafward.db');
  if (!existsSync(path)) {
    throw new AppError('NOT_FOUND', `there is no database ${path}`, { hint: "Name the server's folder: --data-dir." });
  }
  const database = openReadOnly(path, dataDir);
  try {
    return verify(database, known);
  } finally {
    database.close();
  }
}

function openReadOnly(path: string, dataDir: string): DatabaseSync {
  try {
    const database = new DatabaseSync(path, { readOnly: true, timeout: 10_000 });
    const table = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'audit_log'").get();
    if (table !== undefined) {
      // One picture of it, however long this takes: a server that runs goes on writing.
      database.exec('BEGIN');
      return database;
    }
    database.close();
  } catch (thrown) {
    throw openError(thrown, dataDir) ?? thrown;
  }
  throw new AppError('CONFLICT', `${path} was written by an older leafward and has no audit log yet`, {
    hint: 'Start "leafward server" once on it.',
  });
}

function verify(database: DatabaseSync, known: AuditAnchor | undefined): AuditVerdict {
  const anchorRow = database.prepare('SELECT sequence, hash FROM audit_anchor').get() as SqlRow | undefined;
  const zero = { sequence: 0, hash: genesisHash };
  if (anchorRow === undefined) {
    return verdict(zero, { ...zero, atMs: null }, 0, {
      sequence: null,
      reason: 'the row that says where it begins is gone',
    });
  }
  const anchor = { sequence: number(anchorRow, 'sequence'), hash: hex(anchorRow, 'hash') };
  let head: AuditHead = { ...anchor, atMs: null };
  let events = 0;
  const witness = { cut: anchor.sequence === 0, known: known === undefined || sameAs(anchor, known) };
  for (const row of database.prepare('SELECT * FROM audit_log ORDER BY sequence').iterate()) {
    const { event, reason } = checked(row as SqlRow, head);
    if (event === undefined) return verdict(anchor, head, events, { sequence: Number(row['sequence']), reason });
    events += 1;
    head = { sequence: event.sequence, hash: event.hash, atMs: event.atMs };
    if (isCutAt(event, anchor)) witness.cut = true;
    if (known !== undefined && sameAs(event, known)) witness.known = true;
  }
  const reason = missing(witness, anchor, head, known);
  return verdict(anchor, head, events, reason === null ? null : { sequence: null, reason });
}

function verdict(anchor: AuditAnchor, head: AuditHead, events: number, bad: AuditVerdict['bad']): AuditVerdict {
  return { ok: bad === null, events, anchor, head, bad };
}

function checked(row: SqlRow, before: AuditHead): { event?: AuditEvent; reason: string } {
  let event: AuditEvent;
  try {
    event = auditEventOf(row);
  } catch (thrown) {
    return { reason: `it cannot be read: ${thrown instanceof Error ? thrown.message : String(thrown)}` };
  }
  if (event.sequence !== before.sequence + 1) {
    return { reason: `the events ${before.sequence + 1} to ${event.sequence - 1} are missing before it` };
  }
  if (event.previousHash !== before.hash) {
    return {
      reason: `it does not follow the event before: that has the hash ${before.hash}, not ${event.previousHash}`,
    };
  }
  const hash = auditHash(event);
  if (hash !== event.hash) return { reason: `its content was changed: it has the hash ${hash}, not ${event.hash}` };
  return { event, reason: '' };
}

function missing(
  witness: { readonly cut: boolean; readonly known: boolean },
  anchor: AuditAnchor,
  head: AuditHead,
  known: AuditAnchor | undefined,
): string | null {
  if (!witness.cut) return `it begins after event ${anchor.sequence}, but no event says that it was cut there`;
  if (witness.known || known === undefined) return null;
  const { sequence, hash } = known;
  if (sequence > head.sequence)
    return `it ends at event ${head.sequence}: event ${sequence}, known from before, is gone`;
  if (sequence < anchor.sequence) {
    return `event ${sequence}, known from before, was cut since (it begins after ${anchor.sequence}): name a newer one`;
  }
  return `event ${sequence} is known from before with the hash ${hash}, and has another one now`;
}

function isCutAt({ action, detail }: AuditEvent, { sequence, hash }: AuditAnchor): boolean {
  return action === 'audit.cut' && detail['throughSequence'] === sequence && detail['hash'] === hash;
}

function sameAs(one: AuditAnchor, other: AuditAnchor): boolean {
  return one.sequence === other.sequence && one.hash === other.hash;
}
