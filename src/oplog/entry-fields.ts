import { damagedBson, documentEnd, elementType, textEnd, valueEnd } from '../model/bson-walk.ts';

const char = {
  b: 0x62,
  i: 0x69,
  l: 0x6c,
  n: 0x6e,
  o: 0x6f,
  p: 0x70,
  s: 0x73,
  t: 0x74,
  u: 0x75,
  w: 0x77,
  two: 0x32,
} as const;

/** A place in the bytes of an entry; start is -1 when the field is not there. */
interface Range {
  start: number;
  end: number;
}

/**
 * Where the fields of one oplog entry (or of an operation within applyOps) stand in its bytes: one pass, no objects. An instance is read
 * into again and again. Fields that nobody needs are passed over.
 */
export class EntryFields {
  /** The op: `i`, `u`, `d`, `c`, `n`, …; the text without its zero. */
  readonly op: Range = { start: -1, end: -1 };
  readonly ns: Range = { start: -1, end: -1 };
  readonly o: Range = { start: -1, end: -1 };
  readonly o2: Range = { start: -1, end: -1 };
  readonly lsid: Range = { start: -1, end: -1 };
  /** `{ts, t}` of the entry before it in its session. */
  readonly previous: Range = { start: -1, end: -1 };
  /** The 16 bytes of the collection's UUID. */
  uuidAt = -1;
  tsAt = -1;
  termAt = -1;
  wallAt = -1;
  txnNumberAt = -1;
  multiOpType = 0;
  upsert = false;

  /** Reads the entry at `start`; answers its end. */
  read(bytes: Buffer, start: number, limit: number): number {
    this.#reset();
    const end = documentEnd(bytes, start, limit);
    const last = end - 1;
    for (let at = start + 4; at < last; ) {
      const type = bytes[at] ?? 0;
      const zero = textEnd(bytes, at + 1, last);
      const next = valueEnd(bytes, type, zero + 1, last);
      this.#take(bytes, type, at + 1, zero, next);
      at = next;
    }
    return end;
  }

  #reset(): void {
    this.op.start = -1;
    this.ns.start = -1;
    this.o.start = -1;
    this.o2.start = -1;
    this.lsid.start = -1;
    this.previous.start = -1;
    this.uuidAt = -1;
    this.tsAt = -1;
    this.termAt = -1;
    this.wallAt = -1;
    this.txnNumberAt = -1;
    this.multiOpType = 0;
    this.upsert = false;
  }

  #take(bytes: Buffer, type: number, nameAt: number, zero: number, next: number): void {
    const valueAt = zero + 1;
    const first = bytes[nameAt];
    switch (zero - nameAt) {
      case 1:
        if (first === char.o) setDocument(this.o, type, valueAt, next);
        else if (first === char.t && type === elementType.int64) this.termAt = valueAt;
        else if (first === char.b && type === elementType.boolean) this.upsert = bytes[valueAt] === 1;
        return;
      case 2:
        return this.#takeTwo(type, first, bytes[nameAt + 1], valueAt, next);
      case 4:
        if (first === char.w && type === elementType.date) this.wallAt = valueAt;
        else if (first === char.l && bytes.toString('latin1', nameAt, zero) === 'lsid')
          setDocument(this.lsid, type, valueAt, next);
        return;
      case 9:
      case 10:
      case 11:
        return this.#takeLong(type, bytes.toString('latin1', nameAt, zero), bytes, valueAt, next);
      default:
    }
  }

  #takeLong(type: number, name: string, bytes: Buffer, valueAt: number, next: number): void {
    if (name === 'txnNumber' && type === elementType.int64) this.txnNumberAt = valueAt;
    else if (name === 'prevOpTime') setDocument(this.previous, type, valueAt, next);
    else if (name === 'multiOpType') this.multiOpType = type === elementType.int32 ? bytes.readInt32LE(valueAt) : -1;
  }

  #takeTwo(type: number, first: number | undefined, second: number | undefined, valueAt: number, next: number): void {
    if (first === char.o && second === char.p) setText(this.op, type, valueAt, next);
    else if (first === char.n && second === char.s) setText(this.ns, type, valueAt, next);
    else if (first === char.o && second === char.two) setDocument(this.o2, type, valueAt, next);
    else if (first === char.t && second === char.s && type === elementType.timestamp) this.tsAt = valueAt;
    else if (first === char.u && second === char.i) {
      if (type !== elementType.binary || next - valueAt !== 21) throw damagedBson(valueAt, 'ui is no UUID');
      this.uuidAt = valueAt + 5;
    }
  }
}

function setText(range: Range, type: number, valueAt: number, next: number): void {
  if (type !== elementType.string) throw damagedBson(valueAt, 'op or ns is no text');
  range.start = valueAt + 4;
  range.end = next - 1;
}

function setDocument(range: Range, type: number, valueAt: number, next: number): void {
  // A field of another type (an o2 that is an array, say) is as good as none: who needs it says so.
  if (type !== elementType.document) return;
  range.start = valueAt;
  range.end = next;
}
