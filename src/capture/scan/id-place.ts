import { damagedBson, documentEnd, findElement, textEnd, valueEnd } from '../../model/bson-walk.ts';

const idName = Buffer.from('_id');

/** The raw document `{_id: …}` with the `_id` of the document at `start`, bit for bit. @throws FORMAT_INVALID without one */
export function idPlace(bytes: Buffer, start: number, limit: number): Buffer {
  const element = findElement(bytes, start, limit, idName);
  if (element < 0) throw damagedBson(start, 'the document has no _id');
  const end = documentEnd(bytes, start, limit) - 1;
  const next = valueEnd(bytes, bytes[element] ?? 0, textEnd(bytes, element + 1, end) + 1, end);
  const place = Buffer.alloc(4 + next - element + 1);
  place.writeInt32LE(place.length, 0);
  bytes.copy(place, 4, element, next);
  return place;
}
