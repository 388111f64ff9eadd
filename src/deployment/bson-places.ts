import { bsonType, documentEnd, isNumeric, skipValue } from './bson-elements.ts';

/** Where each number stands, in document order; decimals too, because FTDC counts them. */
export function numericPlaces(document: Uint8Array): { readonly at: number; readonly kind: number }[] {
  const places: { at: number; kind: number }[] = [];
  const view = new DataView(document.buffer, document.byteOffset, document.byteLength);
  const walk = (start: number): void => {
    const end = documentEnd(view, start, document.length);
    let at = start + 4;
    while (at < end) {
      const kind = document[at] ?? 0;
      if (kind === 0) break;
      at++;
      while (at < end && document[at] !== 0) at++;
      at++;
      if (kind === bsonType.document || kind === bsonType.array) {
        walk(at);
        at = documentEnd(view, at, end) + 1;
        continue;
      }
      if (isNumeric(kind) || kind === bsonType.decimal128) places.push({ at, kind });
      at = skipValue(view, at, kind, end);
    }
  };
  walk(0);
  return places;
}

/** Writes a whole number over the value at a place; decimals stay. */
export function writeNumber(view: DataView, at: number, kind: number, value: bigint): void {
  switch (kind) {
    case bsonType.int32:
      return view.setInt32(at, Number(BigInt.asIntN(32, value)), true);
    case bsonType.double:
      return view.setFloat64(at, Number(value), true);
    case bsonType.boolean:
      return view.setUint8(at, value === 0n ? 0 : 1);
    case bsonType.decimal128:
      return;
    default:
      return view.setBigInt64(at, BigInt.asIntN(64, value), true);
  }
}
