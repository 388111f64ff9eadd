import type { Document } from 'mongodb';
import { documentKey } from '../../blocks/document-key.ts';
import { looseBound } from '../../deployment/loose-bound.ts';
import { elementType, findElement, valueEnd } from '../../model/bson-walk.ts';
import { findRaw } from '../raw-find.ts';
import { splitDocuments } from '../split-documents.ts';
import type { LookUp } from './look-up.ts';

const idName = Buffer.from('_id');
const documentsAtOnce = 1000;
const deadlineMs = 600_000;

export function keyText(document: Buffer): string {
  return documentKey(document).toString('latin1');
}

/** What the collection holds under the `_id`s of these documents: raw, by key (keyText). Of any type and number of bytes. */
export function existingDocuments(lookUp: LookUp, documents: readonly Buffer[]): Promise<Map<string, Buffer>> {
  const wanted = new Set(documents.map(keyText));
  const ids: unknown[] = [];
  const others: Buffer[] = [];
  for (const document of documents) {
    const { bound, isExact } = looseBound(idDocument(document));
    const [id] = [...bound];
    if (isExact && id !== undefined) ids.push(id[1]);
    else others.push(document);
  }
  return lookUp.target.attempt(async (signal) => {
    const found = new Map<string, Buffer>();
    const read = { ...lookUp, signal };
    if (ids.length > 0) {
      for await (const document of documentsOf(read, { filter: { _id: { $in: ids } } })) {
        const key = keyText(document);
        if (wanted.has(key)) found.set(key, Buffer.from(document));
      }
    }
    for (const document of others) {
      const same = await findAround(read, document);
      if (same !== undefined) found.set(keyText(document), same);
    }
    return found;
  }, deadlineMs);
}

/** What the driver cannot send is looked for from something below it on, among the values of its type. */
async function findAround(read: Read, document: Buffer): Promise<Buffer | undefined> {
  const key = documentKey(document);
  const type = document[findElement(document, 0, document.length, idName)] ?? 0;
  const from = type === elementType.document || type === elementType.string;
  const range = { filter: { _id: { $type: type } }, hint: { _id: 1 } };
  const min = from ? { min: looseBound(idDocument(document)).bound } : {};
  for await (const found of documentsOf(read, { ...range, ...min })) {
    const order = Buffer.compare(documentKey(found), key);
    if (order === 0) return Buffer.from(found);
    if (order > 0) return undefined;
  }
  return undefined;
}

type Read = LookUp & { readonly signal: AbortSignal };

/** A document is valid until the next one is asked for. */
async function* documentsOf(
  { target, database, collection, readConcern, signal }: Read,
  command: Document,
): AsyncGenerator<Buffer, void, void> {
  const find = { database, collection, documentsAtOnce, signal };
  for await (const batch of findRaw(target, {
    ...find,
    command: { ...command, readConcern: { level: readConcern } },
  })) {
    yield* splitDocuments(batch.bytes);
  }
}

/** `{_id: …}` of a document, raw. */
function idDocument(document: Buffer): Buffer {
  const at = findElement(document, 0, document.length, idName);
  const end = valueEnd(document, document[at] ?? 0, at + 1 + idName.length + 1, document.length - 1);
  const made = Buffer.alloc(4 + (end - at) + 1);
  made.writeInt32LE(made.length);
  document.copy(made, 4, at, end);
  return made;
}
