/** A block is left open up to here at least (docs/formats/block.md: it is closed at 1 MiB at the latest) … */
const leastBytes = 800 * 1024;
/** … and so many bytes longer on average. */
const meanBytes = 128 * 1024;
/** Of a document, that decide: its `_id` as a rule. */
const lookedAt = 32;

/**
 * Does a block end before this document? What the document itself holds decides, so that two reads of the same documents make the same
 * blocks again soon after a place where something was put in or taken out, and a resync finds them in the store.
 */
export function isBoundary(bytes: Buffer, start: number, end: number, openBytes: number): boolean {
  if (openBytes < leastBytes) return false;
  // FNV-1a (Fowler, Noll, Vo), 32 bits; its high bits are the better ones.
  let hash = 0x811c9dc5;
  const last = Math.min(end, start + 4 + lookedAt);
  for (let at = start + 4; at < last; at++) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return hash >>> 0 < ((end - start) / meanBytes) * 2 ** 32;
}
