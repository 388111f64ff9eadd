/** Rows to draw: from `first` up to, but without, `last`. */
export interface RowSpan {
  readonly first: number;
  readonly last: number;
}

/** Where each row begins, px, and at the end where all of them end: one entry more than there are rows. */
export function offsetsOf<T>(rows: readonly T[], height: number | ((row: T) => number)): readonly number[] {
  const offsets = [0];
  let end = 0;
  for (const row of rows) {
    end += typeof height === 'number' ? height : height(row);
    offsets.push(end);
  }
  return offsets;
}

/** The rows that lie, be it in part, between two heights of the list. */
export function spanAt(offsets: readonly number[], fromPx: number, toPx: number): RowSpan {
  const count = offsets.length - 1;
  const first = Math.max(0, firstAbove(offsets, fromPx) - 1);
  const last = Math.min(count, firstAbove(offsets, toPx - 1));
  return { first: Math.min(first, count), last: Math.max(last, Math.min(first, count)) };
}

/** Index of the first entry that is greater than a height. */
function firstAbove(offsets: readonly number[], px: number): number {
  let [low, high] = [0, offsets.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((offsets[middle] ?? 0) > px) high = middle;
    else low = middle + 1;
  }
  return low;
}
