import { damagedBson, documentEnd, elementType, textEnd, valueEnd } from '../../model/bson-walk.ts';
import type { Optime } from '../../model/optime.ts';

const letter = { t: 0x74, s: 0x73 };

/** Where in the oplog the raw entry at `start` stands: its `ts` and `t`. @throws FORMAT_INVALID when it has no `ts` */
export function entryOptime(bytes: Buffer, start: number, limit: number): Optime {
  const end = documentEnd(bytes, start, limit) - 1;
  let ts: bigint | undefined;
  let term: number | undefined;
  let at = start + 4;
  while (at < end && (ts === undefined || term === undefined)) {
    const type = bytes[at] ?? 0;
    const name = at + 1;
    const zero = textEnd(bytes, name, end);
    const value = zero + 1;
    at = valueEnd(bytes, type, value, end);
    if (bytes[name] !== letter.t) continue;
    if (zero === name + 1) term = termOf(bytes, type, value);
    else if (zero === name + 2 && bytes[name + 1] === letter.s && type === elementType.timestamp) {
      ts = bytes.readBigUInt64LE(value);
    }
  }
  if (ts === undefined) throw damagedBson(start, 'an oplog entry has no timestamp');
  return { ts, term: term ?? -1 };
}

function termOf(bytes: Buffer, type: number, at: number): number {
  if (type === elementType.int64) return Number(bytes.readBigInt64LE(at));
  return type === elementType.int32 ? bytes.readInt32LE(at) : -1;
}
