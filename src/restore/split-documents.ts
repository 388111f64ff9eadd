import { documentEnd } from '../model/bson-walk.ts';

/** Raw documents that stand one after another; they share the memory of `bytes`. */
export function splitDocuments(bytes: Buffer): Buffer[] {
  const documents: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = documentEnd(bytes, at, bytes.length);
    documents.push(bytes.subarray(at, end));
    at = end;
  }
  return documents;
}
