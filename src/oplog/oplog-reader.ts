import { damagedBson, documentEnd, elementType, findElement } from '../model/bson-walk.ts';
import { timestampText } from '../model/optime.ts';
import { AppError } from '../runtime/errors.ts';
import { type ApplyOps, readApplyOps } from './apply-ops.ts';
import { commandName, EntryChanges, type Moment, named } from './entry-changes.ts';
import { EntryFields } from './entry-fields.ts';
import type { HeldOperations, HoldOperations } from './held-operations.ts';
import { type OpenTransaction, OpenTransactions, withoutSession } from './open-transactions.ts';
import type { OplogEmit } from './oplog-emit.ts';

const tsName = Buffer.from('ts');
const commitTimestampName = Buffer.from('commitTimestamp');
const defaultMaxHeldBytes = 1024 ** 3;
/** multiOpType of entries that each stand alone although they are linked (vectored inserts since 7.1). */
const appliedSeparately = 1;

export interface OplogReaderOptions {
  /** Bytes of operations of open transactions that are held, default 1 GiB. More is TRANSACTIONS_TOO_LARGE. */
  readonly maxHeldBytes?: number;
  /** Where they are held; default: in memory. */
  readonly hold?: HoldOperations;
  /** A transaction with more operations than this is emitted by `drain`, a part at a time; default: all are emitted by `push`. */
  readonly drainAbove?: number;
}

/** A transaction that has ended and is not emitted yet. */
interface Draining {
  readonly operations: HeldOperations[];
  readonly moment: Moment;
}

/**
 * Reads the entries of an oplog, in order, as changes of documents and of the catalog. Operations of a transaction are held until it
 * commits, and are then emitted at once with the timestamp at which they became visible: that of the last entry, or the
 * `commitTimestamp` of a prepared one. Entries of namespaces that no backup keeps are passed over.
 */
export class OplogReader {
  readonly #fields = new EntryFields();
  readonly #changes = new EntryChanges();
  readonly #open: OpenTransactions;
  readonly #drainAbove: number;
  #draining: Draining | undefined;
  #term = -1n;

  constructor(options: OplogReaderOptions = {}) {
    this.#open = new OpenTransactions(options.maxHeldBytes ?? defaultMaxHeldBytes, options.hold);
    this.#drainAbove = options.drainAbove ?? Number.POSITIVE_INFINITY;
  }

  /** No transaction is open: a new reader that begins after this place needs to know nothing of what came before. */
  get isIdle(): boolean {
    return this.#open.size === 0 && !this.isDraining;
  }

  /** Bytes of operations of transactions that are open. */
  get heldBytes(): number {
    return this.#open.bytes;
  }

  /** A transaction is emitted in parts: call `drain` until it is not so any more, before the next entry. */
  get isDraining(): boolean {
    return this.#draining !== undefined;
  }

  /** Emits the operations of one more entry of the transaction that has ended. */
  drain(emit: OplogEmit): void {
    const draining = this.#draining;
    const next = draining?.operations.shift();
    if (draining === undefined || next === undefined) return;
    if (draining.operations.length === 0) this.#draining = undefined;
    this.#emitHeld(next, draining.moment, emit);
  }

  /**
   * Reads one entry. `lenient` is for entries before a scan's end: a transaction whose beginning was not captured is passed over (it was committed
   * before the scan read anything). After an error the reader is in no defined state: begin with a new one at the last place that was idle.
   * @throws OPLOG_UNKNOWN that names the op, the namespace and the place; FORMAT_INVALID; TRANSACTIONS_TOO_LARGE
   */
  push(entry: Buffer, emit: OplogEmit, lenient = false): void {
    const fields = this.#fields;
    try {
      if (fields.read(entry, 0, entry.length) !== entry.length) throw damagedBson(0, 'bytes follow the entry');
      if (fields.tsAt < 0) throw damagedBson(0, 'the entry has no timestamp');
      const ts = entry.readBigUInt64LE(fields.tsAt);
      this.#noteTerm(entry);
      if (!this.#read(entry, ts, emit, lenient)) emit.nothing(ts);
    } catch (thrown) {
      throw placed(named(thrown, entry, fields), entry, fields);
    }
  }

  /** Prepare timestamps of transactions that are neither committed nor aborted, oldest first: a cut at T waits for those at or before T. */
  unresolved(): readonly bigint[] {
    return this.#open.prepared();
  }

  /** Answers whether anything was emitted. */
  #read(entry: Buffer, ts: bigint, emit: OplogEmit, lenient: boolean): boolean {
    const fields = this.#fields;
    if (fields.op.start >= 0 && entry[fields.op.start] === 0x63 && fields.o.start >= 0) {
      switch (commandName(entry, fields)) {
        case 'applyOps':
          return this.#applyOps(entry, ts, emit, lenient);
        case 'commitTransaction':
          return this.#commit(entry, emit, lenient);
        case 'abortTransaction':
          this.#open.end(this.#session(entry));
          return false;
        default:
      }
    }
    return this.#changes.emit(entry, fields, { ts, index: 0, upserts: false }, emit);
  }

  #applyOps(entry: Buffer, ts: bigint, emit: OplogEmit, lenient: boolean): boolean {
    const fields = this.#fields;
    if (fields.multiOpType !== 0 && fields.multiOpType !== appliedSeparately) {
      throw new AppError('OPLOG_UNKNOWN', `applyOps with multiOpType ${fields.multiOpType}`);
    }
    const part = readApplyOps(entry, fields.o.start, fields.o.end);
    const previous = this.#previousTs(entry);
    const inSession = fields.lsid.start >= 0 && fields.txnNumberAt >= 0;
    const linked = previous !== 0n || part.partial || part.prepare;
    // A user's applyOps has a session but no transaction number; one entry alone needs no memory.
    if (fields.multiOpType === appliedSeparately || !linked) {
      if (inSession && fields.multiOpType === 0) this.#open.end(this.#session(entry));
      const upserts = !inSession && part.alwaysUpsert;
      return this.#changes.emitAll(entry, part.start, part.end, { ts, index: 0, upserts }, emit);
    }
    const session = inSession ? this.#session(entry) : `${withoutSession}${previous === 0n ? ts : previous}`;
    return this.#partOf(entry, this.#transactionOf(entry, session, previous, lenient), part, ts, emit);
  }

  /** The open transaction that the entry goes on with, or a new one. */
  #transactionOf(entry: Buffer, session: string, previous: bigint, lenient: boolean): OpenTransaction {
    const fields = this.#fields;
    const txnNumber = fields.txnNumberAt < 0 ? 0n : entry.readBigInt64LE(fields.txnNumberAt);
    const known = this.#open.get(session);
    if (previous !== 0n && known?.last === previous && known.txnNumber === txnNumber) return known;
    if (previous !== 0n && !lenient) {
      throw new AppError('OPLOG_UNKNOWN', `a transaction whose entry at ${timestampText(previous)} was not captured`);
    }
    return this.#open.begin({
      session,
      txnNumber,
      term: this.#term,
      last: previous,
      prepared: null,
      headless: previous !== 0n,
    });
  }

  #partOf(entry: Buffer, transaction: OpenTransaction, part: ApplyOps, ts: bigint, emit: OplogEmit): boolean {
    const operations = entry.subarray(part.start, part.end);
    if (part.partial || part.prepare) {
      this.#open.extend(transaction, ts, part.prepare, operations);
      return false;
    }
    const held = this.#open.take(transaction.session);
    if (transaction.headless) return false;
    // The entry's own memory: it is emitted before the next entry is read.
    const last = { length: operations.length, read: () => operations, release() {} };
    return this.#emitTransaction([...held, last], ts, emit);
  }

  #commit(entry: Buffer, emit: OplogEmit, lenient: boolean): boolean {
    const fields = this.#fields;
    const { start, end } = fields.o;
    const at = findElement(entry, start, end, commitTimestampName);
    if (at < 0 || entry[at] !== elementType.timestamp) throw damagedBson(start, 'a commit has no commitTimestamp');
    const ts = entry.readBigUInt64LE(at + 2 + commitTimestampName.length);
    const session = this.#session(entry);
    const transaction = this.#open.get(session);
    if (transaction?.prepared == null || transaction.txnNumber !== entry.readBigInt64LE(fields.txnNumberAt)) {
      if (lenient) return false;
      throw new AppError('OPLOG_UNKNOWN', 'the commit of a transaction that was not captured');
    }
    const held = this.#open.take(session);
    return !transaction.headless && this.#emitTransaction(held, ts, emit);
  }

  #emitTransaction(arrays: readonly HeldOperations[], ts: bigint, emit: OplogEmit): boolean {
    const moment = { ts, index: 0, upserts: false };
    const bytes = arrays.reduce((sum, { length }) => sum + length, 0);
    if (bytes > this.#drainAbove) {
      this.#draining = { operations: [...arrays], moment };
      return true;
    }
    let any = false;
    for (const array of arrays) if (this.#emitHeld(array, moment, emit)) any = true;
    return any;
  }

  #emitHeld(held: HeldOperations, moment: Moment, emit: OplogEmit): boolean {
    const array = held.read();
    try {
      return this.#changes.emitAll(array, 0, documentEnd(array, 0, array.length), moment, emit);
    } finally {
      held.release();
    }
  }

  #noteTerm(entry: Buffer): void {
    const { termAt } = this.#fields;
    if (termAt < 0) return;
    const term = entry.readBigInt64LE(termAt);
    if (term > this.#term) {
      this.#term = term;
      if (this.#open.size > 0) this.#open.endUnprepared(term);
    }
  }

  #session(entry: Buffer): string {
    const { lsid, txnNumberAt } = this.#fields;
    if (lsid.start < 0 || txnNumberAt < 0) throw damagedBson(0, 'a transaction has no session');
    return entry.toString('base64', lsid.start, lsid.end);
  }

  #previousTs(entry: Buffer): bigint {
    const { start, end } = this.#fields.previous;
    if (start < 0) return 0n;
    const at = findElement(entry, start, end, tsName);
    return at < 0 || entry[at] !== elementType.timestamp ? 0n : entry.readBigUInt64LE(at + 2 + tsName.length);
  }
}

function placed(thrown: unknown, entry: Buffer, { tsAt }: EntryFields): unknown {
  if (!(thrown instanceof AppError) || thrown.details['optime'] !== undefined) return thrown;
  const optime = tsAt < 0 ? '?' : timestampText(entry.readBigUInt64LE(tsAt));
  return new AppError(thrown.code, `oplog entry ${optime}: ${thrown.message}`, {
    cause: thrown,
    hint: thrown.hint,
    details: { ...thrown.details, optime },
  });
}
