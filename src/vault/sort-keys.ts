import { breathe } from './breathe.ts';

/** Sorting so many strings takes a few milliseconds. */
const pieceLength = 8192;

/** Strings in the order of their UTF-16 code units (of latin1: of their bytes), sorted in pieces so that nothing else has to wait long. */
export async function sortKeys(keys: readonly string[]): Promise<readonly string[]> {
  let pieces: string[][] = [];
  for (let at = 0; at < keys.length; at += pieceLength) {
    // Without a comparison of its own the built-in one is several times quicker.
    // oxlint-disable-next-line typescript/require-array-sort-compare
    pieces.push(keys.slice(at, at + pieceLength).sort());
    await breathe();
  }
  while (pieces.length > 1) {
    const joined: string[][] = [];
    for (let at = 0; at < pieces.length; at += 2) joined.push(await join(pieces[at] ?? [], pieces[at + 1] ?? []));
    pieces = joined;
  }
  return pieces[0] ?? [];
}

async function join(one: readonly string[], other: readonly string[]): Promise<string[]> {
  const joined: string[] = [];
  let [left, right] = [0, 0];
  while (left < one.length || right < other.length) {
    const [a, b] = [one[left], other[right]];
    if (b === undefined || (a !== undefined && a <= b)) {
      joined.push(a ?? '');
      left++;
    } else {
      joined.push(b);
      right++;
    }
    if (joined.length % pieceLength === 0) await breathe();
  }
  return joined;
}
