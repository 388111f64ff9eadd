import { RunWriter } from '../blocks/run-writer.ts';
import type { CollectionInfo } from '../model/collection.ts';
import { AppError } from '../runtime/errors.ts';
import { breathe } from './breathe.ts';
import { pointRun } from './fold-write.ts';
import type { StoredScan, VaultMetadata } from './metadata-ports.ts';
import type { CollectionRuns, PointRun } from './ports.ts';
import { refsOf, scanRuns } from './scan-runs.ts';
import type { StoreSink } from './store-sink.ts';

/**
 * The collections of a finished scan with their base runs: blocks are named, none is read. The index blocks are durable when it resolves.
 * `keeps`: collections that are not backed up have no parts; they are known, but incomplete.
 */
export async function scannedCollections(
  metadata: VaultMetadata,
  scan: StoredScan,
  sink: StoreSink,
  options: { readonly groupKey: Buffer; readonly keeps: (info: CollectionInfo) => boolean },
): Promise<readonly CollectionRuns[]> {
  const found: CollectionRuns[] = [];
  for (const { info } of metadata.scanCollections(scan.scanId)) {
    const runs: PointRun[] = [];
    for (const pieces of scanRuns(metadata, scan.scanId, info.uuid)) {
      const writer = new RunWriter(sink, options);
      for (const ref of refsOf(pieces, info)) {
        await writer.addRef(ref);
        await breathe();
      }
      runs.push(pointRun(await writer.finish(), 'base', true));
    }
    found.push({ info, runs, incomplete: info.type === 'collection' && !options.keeps(info) });
  }
  await sink.flush();
  return found;
}

/** The place right before a scan's first entry. */
export function beforeScan(scan: StoredScan): { readonly ts: bigint; readonly term: number } {
  if (scan.from === null) throw new AppError('INTERNAL', `the scan ${scan.scanId} was not begun`);
  return { ts: scan.from.ts - 1n, term: scan.from.term };
}
