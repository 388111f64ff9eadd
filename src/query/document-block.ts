import { packContent, unpackContent } from '../blocks/block-codec.ts';
import { blockMagic, damagedBlock, entryKind, sequenceBytes } from '../blocks/block-content.ts';
import { documentEnd } from '../model/bson-walk.ts';

const level = 1;

/** Calls `take` with the place of each document of a block, in order. Keys are passed over: the store has checked them. @throws FORMAT_INVALID */
export function forEachDocument(stored: Buffer, take: (bytes: Buffer, start: number, end: number) => void): void {
  const bytes = unpackContent(stored);
  if (!bytes.subarray(0, blockMagic.length).equals(blockMagic)) {
    throw damagedBlock(0, 'it does not begin as a block of a known version');
  }
  let at = blockMagic.length;
  while (at < bytes.length) {
    const start = documentStart(bytes, at);
    const end = documentEnd(bytes, start, bytes.length);
    take(bytes, start, end);
    at = end;
  }
}

/** Documents as a block that is read from its beginning to its end, however they are ordered. Of none it is one without entries. */
export function packDocuments(documents: readonly Buffer[]): Buffer {
  const kind = Buffer.of(entryKind.document);
  return packContent(Buffer.concat([blockMagic, ...documents.flatMap((document) => [kind, document])]), level);
}

function documentStart(bytes: Buffer, at: number): number {
  if (bytes[at] === entryKind.document) return at + 1;
  if (bytes[at] === entryKind.sequencedDocument) return at + 1 + sequenceBytes;
  if (bytes[at] !== entryKind.keyedDocument) throw damagedBlock(at, `there is no entry kind ${bytes[at]}`);
  if (bytes.length - at < 5) throw damagedBlock(at, 'it ends inside of an entry');
  return at + 5 + bytes.readUInt32LE(at + 1);
}
