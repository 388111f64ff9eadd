/** What a small entry takes in memory while it is folded, besides its bytes. */
export const entryBytes = 256;

/** Memory that the fold of so much oplog takes. */
export function foldWeight(bytes: number, entries: number): number {
  return bytes + entries * entryBytes;
}
