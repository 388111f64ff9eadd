import type { AuditEvent, AuditFilter, AuditHead } from '../../wire/api/audit.ts';

export type { AuditEvent, AuditHead, AuditValue } from '../../wire/api/audit.ts';

/** An event before it has a place in the chain. */
export type AuditRecord = Omit<AuditEvent, 'sequence' | 'previousHash' | 'hash'>;

/** Where the log begins: the last event that a cut removed. Sequence 0: nothing was removed yet. */
export interface AuditAnchor {
  readonly sequence: number;
  readonly hash: string;
}

export interface AuditScope {
  /** Null: the whole instance. */
  readonly groupId: string | null;
  readonly filter: AuditFilter;
}

/** The chain of audit events: it only grows at its end and is cut at its beginning. */
export interface AuditStore {
  /** Gives them the next sequence numbers and hashes; durable when it resolves. Calls are applied in call order. */
  append(records: readonly AuditRecord[]): Promise<void>;
  head(): Promise<AuditHead>;
  anchor(): Promise<AuditAnchor>;
  /** Newest first, of those with a sequence below `before`. Looks at a bounded number of events: nextBefore says where to go on. */
  page(
    scope: AuditScope,
    page: { readonly before: number | null; readonly limit: number },
  ): Promise<{ readonly events: readonly AuditEvent[]; readonly nextBefore: number | null }>;
  /** Oldest first, of those above `after`: at most about a thousand; `next` is the next `after`, null at the end. */
  pageUp(
    scope: AuditScope,
    after: number,
  ): Promise<{ readonly events: readonly AuditEvent[]; readonly next: number | null }>;
  /** The last sequence of those that are older; 0 when there is none. */
  lastBefore(ms: number): Promise<number>;
  /** Removes the events up to this one and appends `record` of it, in one transaction. */
  cut(throughSequence: number, record: (anchor: AuditAnchor, events: number) => AuditRecord): Promise<void>;
}
