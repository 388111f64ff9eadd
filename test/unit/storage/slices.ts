import { createHash } from 'node:crypto';
import { zstdCompressSync } from 'node:zlib';
import type { SliceInfo } from '../../../src/vault/ports.ts';

export interface TestSlice {
  readonly info: SliceInfo;
  readonly frame: Buffer;
  readonly content: Buffer;
}

/** Slices one after another: `ends` are their last timestamps; the first begins a capture unless it follows `before`. */
export function slicesOf(first: bigint, ends: readonly bigint[], before: SliceInfo | null = null): TestSlice[] {
  const slices: TestSlice[] = [];
  let last = before;
  for (const end of ends) {
    const from = slices.length === 0 ? first : (last?.last.ts ?? 0n) + 1n;
    const content = Buffer.from(`entries from ${from} to ${end} `.repeat(40));
    const frame = zstdCompressSync(content);
    const hash = createHash('sha256').update(content).digest();
    const chain = createHash('sha256')
      .update(last?.chain ?? Buffer.alloc(32))
      .update(hash)
      .digest();
    const info: SliceInfo = {
      after: last?.last ?? null,
      first: from,
      last: { ts: end, term: 3 },
      entries: 2,
      contentBytes: content.length,
      storedBytes: frame.length,
      hash,
      chain,
    };
    slices.push({ info, frame, content });
    last = info;
  }
  return slices;
}
