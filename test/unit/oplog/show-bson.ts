import { BSON } from 'bson';
import { elementType, textEnd, valueEnd } from '../../../src/model/bson-walk.ts';

/** A document as text with its fields in their order (a JavaScript object puts 10 before b) and names that occur twice. */
export function showBson(bytes: Buffer | undefined): string {
  if (bytes === undefined) return 'nothing';
  const parts: string[] = [];
  for (let at = 4; at < bytes.length - 1; ) {
    const type = bytes[at] ?? 0;
    const zero = textEnd(bytes, at + 1, bytes.length);
    const next = valueEnd(bytes, type, zero + 1, bytes.length - 1);
    parts.push(`${bytes.toString('utf8', at + 1, zero)}: ${showValue(type, bytes.subarray(zero + 1, next))}`);
    at = next;
  }
  return `{${parts.join(', ')}}`;
}

function showValue(type: number, value: Buffer): string {
  if (type === elementType.document) return showBson(value);
  if (type === elementType.array) return `array${showBson(value)}`;
  const alone = Buffer.concat([Buffer.alloc(4), Buffer.from([type, 0x76, 0]), value, Buffer.alloc(1)]);
  alone.writeInt32LE(alone.length);
  const { v } = BSON.deserialize(alone, { promoteValues: false });
  return BSON.EJSON.stringify({ v }, { relaxed: false }).slice(5, -1);
}
