import { AppError } from '../runtime/errors.ts';
import { type HeldOperations, type HoldOperations, holdInMemory } from './held-operations.ts';

/** A transaction of which entries were read but not yet its end; or one whose beginning lies before the capture (`headless`). */
export interface OpenTransaction {
  /** `lsid` as base64; of a chain without a session, `batch@` and the timestamp of its newest entry. */
  session: string;
  readonly txnNumber: bigint;
  /** Term of its entries: an unprepared one does not survive an election. */
  readonly term: bigint;
  /** Timestamp of its newest entry, to which the next one points. */
  last: bigint;
  /** Its prepare entry's timestamp; null when it is not prepared. */
  prepared: bigint | null;
  readonly headless: boolean;
  /** The arrays of operations of its entries in order: raw BSON. */
  readonly operations: HeldOperations[];
}

/** A chain of multi-entry writes outside of a session is known by the place of its newest entry. */
export const withoutSession = 'batch@';

/** Many more than a server runs at once (it has 128 tickets for writing). */
const mostOpen = 10_000;

/** Transactions that are open at a place in the oplog, with their operations. */
export class OpenTransactions {
  readonly #open = new Map<string, OpenTransaction>();
  readonly #maxBytes: number;
  readonly #holdBytes: HoldOperations;
  #bytes = 0;

  constructor(maxBytes: number, hold: HoldOperations = holdInMemory) {
    this.#maxBytes = maxBytes;
    this.#holdBytes = hold;
  }

  /** Of all of them. */
  get bytes(): number {
    return this.#bytes;
  }

  get size(): number {
    return this.#open.size;
  }

  get(session: string): OpenTransaction | undefined {
    return this.#open.get(session);
  }

  /** Takes the place of an older one of the session. */
  begin(transaction: Omit<OpenTransaction, 'operations'>): OpenTransaction {
    this.end(transaction.session);
    if (this.#open.size >= mostOpen) throw tooMuch(`${mostOpen} transactions are open at once`);
    const begun = { ...transaction, operations: [] };
    this.#open.set(begun.session, begun);
    return begun;
  }

  /** Keeps a copy of the operations of the transaction's next entry. */
  extend(transaction: OpenTransaction, ts: bigint, prepare: boolean, operations: Buffer): void {
    transaction.last = ts;
    if (prepare) transaction.prepared = ts;
    if (!transaction.headless) this.#hold(transaction, operations);
    if (transaction.session.startsWith(withoutSession)) this.#rename(transaction, `${withoutSession}${ts}`);
  }

  end(session: string): void {
    for (const held of this.take(session)) held.release();
  }

  /** Ends it and answers its operations, which the caller releases. */
  take(session: string): readonly HeldOperations[] {
    const ended = this.#open.get(session);
    if (ended === undefined) return [];
    for (const { length } of ended.operations) this.#bytes -= length;
    this.#open.delete(session);
    return ended.operations;
  }

  /** An election ends every transaction that is not prepared, without an entry. */
  endUnprepared(beforeTerm: bigint): void {
    for (const { session, term, prepared } of [...this.#open.values()]) {
      if (prepared === null && term < beforeTerm) this.end(session);
    }
  }

  /** Prepare timestamps, oldest first. */
  prepared(): bigint[] {
    const found: bigint[] = [];
    for (const { prepared } of this.#open.values()) if (prepared !== null) found.push(prepared);
    return found.sort((one, other) => (one < other ? -1 : 1));
  }

  #hold(transaction: OpenTransaction, operations: Buffer): void {
    if (this.#bytes + operations.length > this.#maxBytes) {
      throw tooMuch(`open transactions hold more than ${this.#maxBytes} bytes`);
    }
    this.#bytes += operations.length;
    transaction.operations.push(this.#holdBytes(operations));
  }

  #rename(transaction: OpenTransaction, session: string): void {
    this.#open.delete(transaction.session);
    transaction.session = session;
    this.#open.set(session, transaction);
  }
}

function tooMuch(what: string): AppError {
  return new AppError('TRANSACTIONS_TOO_LARGE', `${what}; the changes of none of them can be placed before its end`);
}
