import { BSON, type Document, Long, ObjectId, Timestamp, UUID } from 'bson';
import type { DocumentChange } from '../../../src/model/collection.ts';
import type { CatalogChange, OplogEmit } from '../../../src/oplog/oplog-emit.ts';

/** Entries as a server writes them; what is not given is left out. */
export const ordersUuid = new UUID('11111111-2222-4333-8444-555555555555');
export const session: Document = {
  id: new UUID('99999999-2222-4333-8444-555555555555'),
  uid: new BSON.Binary(Buffer.alloc(32)),
};

/** An entry at second 100 with this ordinal. */
export function entry(ordinal: number, fields: Document): Buffer {
  const ts = timestamp(ordinal);
  return Buffer.from(
    BSON.serialize({ ts, t: Long.fromNumber(1), v: Long.fromNumber(2), wall: new Date(0), ...fields }),
  );
}

export function timestamp(ordinal: number): Timestamp {
  return new Timestamp({ t: 100, i: ordinal });
}

export function ts(ordinal: number): bigint {
  return (100n << 32n) | BigInt(ordinal);
}

export function insert(id: unknown, more: Document = {}): Document {
  return { op: 'i', ns: 'shop.orders', ui: ordersUuid, o: { _id: id, ...more } };
}

export function update(id: unknown, o: Document): Document {
  return { op: 'u', ns: 'shop.orders', ui: ordersUuid, o, o2: { _id: id } };
}

export function remove(id: unknown): Document {
  return { op: 'd', ns: 'shop.orders', ui: ordersUuid, o: { _id: id } };
}

export function command(o: Document, more: Document = {}): Document {
  return { op: 'c', ns: 'admin.$cmd', o, ...more };
}

/** Fields of an entry of transaction `number`, which points to the entry with ordinal `previous`. */
export function inTransaction(number: number, previous: number | null, lsid: Document = session): Document {
  const prevOpTime =
    previous === null
      ? { ts: new Timestamp({ t: 0, i: 0 }), t: Long.fromNumber(-1) }
      : { ts: timestamp(previous), t: Long.fromNumber(1) };
  return { lsid, txnNumber: Long.fromNumber(number), prevOpTime };
}

export function otherSession(): Document {
  return { ...session, id: new UUID(), other: new ObjectId() };
}

/** What was emitted, as short lines: `put 1 @3.0 {"_id":1}`. */
export class Emitted implements OplogEmit {
  readonly lines: string[] = [];

  change({ kind, ts: at, index, body, upsert }: DocumentChange): void {
    const said = body.length === 0 ? '' : ` ${BSON.EJSON.stringify(BSON.deserialize(body))}`;
    this.lines.push(`${kind}${upsert === true ? ' upsert' : ''} @${at & 0xffff_ffffn}.${index}${said}`);
  }

  catalog({ command: name, database, ts: at, index }: CatalogChange): void {
    this.lines.push(`catalog ${name} in ${database} @${at & 0xffff_ffffn}.${index}`);
  }

  nothing(at: bigint): void {
    this.lines.push(`nothing @${at & 0xffff_ffffn}`);
  }
}
