import { bsonType, documentEnd, isNumeric, readNumber, skipValue } from './bson-elements.ts';

/** Finds `name` among the elements of the document at `start`; the value's type and place, or undefined. */
export function findElement(
  document: Buffer,
  name: string,
  start = 0,
): { readonly kind: number; readonly at: number } | undefined {
  const view = new DataView(document.buffer, document.byteOffset, document.byteLength);
  const end = documentEnd(view, start, document.length);
  let at = start + 4;
  while (at < end) {
    const kind = document[at] ?? 0;
    if (kind === 0) return undefined;
    const nameStart = ++at;
    while (at < end && document[at] !== 0) at++;
    if (at - nameStart === name.length && document.toString('latin1', nameStart, at) === name)
      return { kind, at: at + 1 };
    at =
      kind === bsonType.document || kind === bsonType.array
        ? documentEnd(view, at + 1, end) + 1
        : skipValue(view, at + 1, kind, end);
  }
  return undefined;
}

/** A numeric value by path, such as ['serverStatus', 'pid']. */
export function findNumber(document: Buffer, ...path: readonly string[]): number | undefined {
  let start = 0;
  for (const [index, part] of path.entries()) {
    const found = findElement(document, part, start);
    if (found === undefined) return undefined;
    if (index === path.length - 1) {
      if (!isNumeric(found.kind)) return undefined;
      return readNumber(new DataView(document.buffer, document.byteOffset, document.byteLength), found.at, found.kind);
    }
    if (found.kind !== bsonType.document && found.kind !== bsonType.array) return undefined;
    start = found.at;
  }
  return undefined;
}

/** The bytes of an inner document by its name. */
export function findDocument(document: Buffer, name: string): Buffer | undefined {
  const found = findElement(document, name);
  if (found === undefined || found.kind !== bsonType.document) return undefined;
  return document.subarray(found.at, found.at + document.readInt32LE(found.at));
}

/** A text inside an inner document. */
export function findText(document: Buffer, section: string, name: string): string | undefined {
  const inner = findDocument(document, section);
  const found = inner === undefined ? undefined : findElement(inner, name);
  if (inner === undefined || found?.kind !== bsonType.string) return undefined;
  return inner.toString('utf8', found.at + 4, found.at + 3 + inner.readInt32LE(found.at));
}
