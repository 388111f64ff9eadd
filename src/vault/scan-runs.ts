import type { BlockRef } from '../blocks/ports.ts';
import type { CollectionInfo } from '../model/collection.ts';
import { AppError } from '../runtime/errors.ts';
import { unpackRefs } from './block-refs.ts';
import type { PieceBlocks, VaultMetadata } from './metadata-ports.ts';

/**
 * The runs that a scan's pieces make: parts read in `_id` order follow one another and are one run; parts in natural order are a
 * run for each piece that was sorted.
 */
export function scanRuns(metadata: VaultMetadata, scanId: string, uuid: string): readonly (readonly PieceBlocks[])[] {
  const natural = new Set(
    metadata
      .partsOf(scanId, uuid)
      .filter((part) => part.order === 'natural')
      .map((part) => part.part),
  );
  const ordered: PieceBlocks[] = [];
  const runs = new Map<string, PieceBlocks[]>();
  for (const piece of metadata.pieces(scanId, uuid)) {
    if (piece.refs.length === 0) continue;
    if (natural.has(piece.part)) {
      const name = `${piece.part}:${piece.run}`;
      runs.set(name, [...(runs.get(name) ?? []), piece]);
    } else ordered.push(piece);
  }
  ordered.sort((a, b) => Buffer.compare(firstKey(a), firstKey(b)));
  return [...(ordered.length > 0 ? [ordered] : []), ...runs.values()];
}

/** The blocks of a run in order. @throws FORMAT_INVALID when one begins before the end of the one before it */
export function* refsOf(pieces: readonly PieceBlocks[], info: CollectionInfo): Generator<BlockRef, void, void> {
  let last: Buffer | undefined;
  for (const piece of pieces) {
    for (const ref of unpackRefs(piece.refs)) {
      if (last !== undefined && Buffer.compare(ref.firstKey, last) <= 0) {
        throw new AppError(
          'FORMAT_INVALID',
          `parts of ${info.database}.${info.name} overlap: part ${piece.part} has a block that begins before the end of another`,
          { hint: 'The scan has to be begun anew: ask for a resync. Please report this with the log of the agent.' },
        );
      }
      last = ref.lastKey;
      yield ref;
    }
  }
}

export function checkScanRuns(metadata: VaultMetadata, scanId: string, info: CollectionInfo): void {
  for (const run of scanRuns(metadata, scanId, info.uuid)) for (const _ of refsOf(run, info));
}

function firstKey(piece: PieceBlocks): Buffer {
  const [first] = unpackRefs(piece.refs);
  return first?.firstKey ?? Buffer.alloc(0);
}
