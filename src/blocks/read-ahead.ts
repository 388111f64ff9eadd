import type { BlockRef, BlockSource } from './ports.ts';

const maxBlocks = 4;
const maxBytes = 4 * 1024 * 1024;

interface Started {
  readonly ref: BlockRef;
  readonly stored: Promise<Buffer>;
}

export interface StoredRef {
  readonly ref: BlockRef;
  readonly stored: Buffer;
}

/**
 * Reads the blocks in their order, a few of them begun before they are asked for: at most 4, or as many as 4 MiB hold. The first is read alone, and
 * each that is taken lets one more be begun, so that who wants few blocks does not cause many reads.
 */
export async function* readAhead(
  source: BlockSource,
  refs: AsyncIterable<BlockRef>,
): AsyncGenerator<StoredRef, void, void> {
  const waiting: Started[] = [];
  let bytes = 0;
  let depth = 1;
  for await (const ref of refs) {
    while (waiting.length >= depth || (bytes > 0 && bytes + ref.storedBytes > maxBytes)) {
      const next = waiting.shift();
      if (next === undefined) break;
      bytes -= next.ref.storedBytes;
      depth = Math.min(depth + 1, maxBlocks);
      yield { ref: next.ref, stored: await next.stored };
    }
    const stored = source.read(ref.id);
    // Its failure is told when its turn comes, or to nobody when the reader stops before.
    stored.catch(() => undefined);
    waiting.push({ ref, stored });
    bytes += ref.storedBytes;
  }
  for (const next of waiting) yield { ref: next.ref, stored: await next.stored };
}
