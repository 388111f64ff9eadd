import { BSON } from 'bson';
import { z } from 'zod';
import { elementType } from '../model/bson-walk.ts';
import { AppError } from '../runtime/errors.ts';
import { BsonWriter } from './bson-writer.ts';
import { type HeldOperations, type HoldOperations, holdInMemory } from './held-operations.ts';
import { textField } from './raw-fields.ts';

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

const savedTransaction = z.object({
  session: z.string(),
  txnNumber: z.bigint(),
  term: z.bigint(),
  last: z.bigint(),
  prepared: z.bigint().nullable(),
  headless: z.boolean(),
  operations: z.array(z.instanceof(Uint8Array)),
});
const savedState = z.object({ format: z.literal(1n), transactions: z.array(savedTransaction) });

/** Many more than a server runs at once (it has 128 tickets for writing). */
const mostOpen = 10_000;
/** For the names around it; the writer grows when it is more. */
const saveMargin = 4096;
const nothing = Buffer.alloc(0);

/** Transactions that are open at a place in the oplog, with their operations (not places of entries, which may be gone by then). */
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

  /** One BSON document. Written by hand: the bson package serializes no more than 17 MB. */
  save(): Buffer {
    const out = new BsonWriter(this.#bytes + saveMargin, Number.POSITIVE_INFINITY);
    const began = out.begin();
    writeNumber(out, 'format', 1n);
    out.field(elementType.array, 'transactions', nothing);
    const list = out.begin();
    let index = 0;
    for (const transaction of this.#open.values()) {
      out.indexHead(elementType.document, index++);
      writeTransaction(out, transaction);
    }
    out.finish(list);
    out.finish(began);
    return out.written;
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

  /** What save() made. @throws FORMAT_INVALID */
  static load(saved: Buffer, maxBytes: number, hold: HoldOperations = holdInMemory): OpenTransactions {
    const loaded = new OpenTransactions(maxBytes, hold);
    for (const { operations, ...transaction } of parse(saved).transactions) {
      const begun = loaded.begin(transaction);
      for (const held of operations) loaded.#hold(begun, Buffer.from(held.buffer, held.byteOffset, held.length));
    }
    return loaded;
  }
}

function writeTransaction(out: BsonWriter, transaction: OpenTransaction): void {
  const began = out.begin();
  const session = textField('session', transaction.session);
  out.field(session.type, session.name, session.value);
  writeNumber(out, 'txnNumber', transaction.txnNumber);
  writeNumber(out, 'term', transaction.term);
  writeNumber(out, 'last', transaction.last);
  if (transaction.prepared === null) out.field(elementType.null, 'prepared', nothing);
  else writeNumber(out, 'prepared', transaction.prepared);
  out.field(elementType.boolean, 'headless', Buffer.from([transaction.headless ? 1 : 0]));
  out.field(elementType.array, 'operations', nothing);
  const list = out.begin();
  for (const [index, held] of transaction.operations.entries()) {
    out.indexHead(elementType.binary, index);
    out.int32(held.length);
    out.byte(0);
    out.copy(held.read(), 0, held.length);
  }
  out.finish(list);
  out.finish(began);
}

function writeNumber(out: BsonWriter, name: string, value: bigint): void {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(BigInt.asIntN(64, value));
  out.field(elementType.int64, name, bytes);
}

function parse(saved: Buffer): z.infer<typeof savedState> {
  try {
    const options = { promoteBuffers: true, useBigInt64: true, promoteValues: true } as const;
    return savedState.parse(BSON.deserialize(saved, options));
  } catch (cause) {
    throw new AppError('FORMAT_INVALID', 'the saved state of open transactions cannot be read', { cause });
  }
}

function tooMuch(what: string): AppError {
  return new AppError('TRANSACTIONS_TOO_LARGE', `${what}; the changes of none of them can be placed before its end`);
}
