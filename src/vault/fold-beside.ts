import { NamespaceFilter } from '../model/namespace-filter.ts';
import { AppError } from '../runtime/errors.ts';
import { beforeScan, scannedCollections } from './fold-begin.ts';
import { chunkBytes, type FoldPlace, type FoldTools, passOf } from './fold-chunk.ts';
import { nothingElse, versionOf, writePass } from './fold-commit.ts';
import { readEntries } from './fold-read.ts';
import { type FoldState, namespaceOf, stateOf } from './fold-state.ts';
import type { PointCommit, StoredScan } from './metadata-ports.ts';
import type { CollectionRuns, PointRun } from './ports.ts';
import { StoreSink } from './store-sink.ts';

/**
 * A scan that was made while capture and folds went on: its oplog was folded already, so it is folded once more, for what the scan read alone and
 * beside everything else, up to the newest point; there the new runs take the place of the old ones.
 * @throws CONFLICT (retryable) when the newest point lies before the scan's end: fold first
 */
export async function foldBeside(
  tools: FoldTools,
  place: FoldPlace,
  scan: StoredScan,
  signal: AbortSignal,
): Promise<void> {
  const { set, group, point } = place;
  const { metadata } = tools.stores;
  const until = scan.until?.ts;
  if (until === undefined || point.optime.ts < until)
    throw new AppError('CONFLICT', 'the oplog is not folded up to the end of the scan', { retryable: true });
  const pin = group.blocks.pin();
  try {
    const sink = new StoreSink(group.blocks);
    const filter = new NamespaceFilter(set.settings.filter);
    const scanned = await scannedCollections(metadata, scan, sink, {
      groupKey: group.blockKey,
      keeps: (info) => filter.keeps(namespaceOf(info)),
    });
    const only = scan.kind === 'collections' ? new Set(scanned.map(({ info }) => info.uuid)) : null;
    const newRuns: PointRun[] = scanned.flatMap(({ runs }) => runs);
    let state = stateOf(beforeScan(scan), scanned, tools.stores.holder());
    let collections = scanned;
    for (const stopAt of [until, point.optime.ts]) {
      while (state.optime.ts < stopAt) {
        const lenient = stopAt === until;
        const pass = passOf(tools, place, { state, sink, lenient, writes: null, only });
        const read = await readEntries(group.slices, pass, {
          replicaSetId: set.replicaSetId,
          after: state.optime,
          maxBytes: chunkBytes,
          stopAt,
          signal,
        });
        if (read.ended === 'end')
          throw new AppError('STORE_CORRUPT', `the slices end at ${read.optime.ts} before what was folded`);
        const written = await writePass(pass, sink, { groupKey: group.blockKey, lenient });
        newRuns.push(...written.newRuns);
        collections = written.collections;
        // Where a transaction was open at the end of the scan, it was read on.
        const reached = read.ended === 'stop' && read.optime.ts < stopAt ? stopAt : read.optime.ts;
        state = after(state, written.collections, reached);
      }
    }
    metadata.addPoint({
      ...nothingElse,
      point: { ...point, hidden: false },
      changed:
        only === null
          ? all(collections)
          : joined(metadata.collectionsAt(set.replicaSetId, point.optime.ts), collections),
      newRuns,
      scan: { ...scan, state: 'folded' },
      fresh: only === null,
    });
    metadata.clearScan(scan.scanId);
  } finally {
    pin.release();
  }
}

function after(state: FoldState, collections: readonly CollectionRuns[], ts: bigint): FoldState {
  return {
    ...state,
    optime: { ...state.optime, ts },
    runs: new Map(collections.map(({ info, runs }) => [info.uuid, runs])),
    incomplete: new Set(collections.filter(({ incomplete }) => incomplete).map(({ info }) => info.uuid)),
  };
}

function all(collections: readonly CollectionRuns[]): PointCommit['changed'] {
  return new Map(collections.map((collection) => [collection.info.uuid, versionOf(collection)]));
}

/** Of what is known at the point, what the scan brought; what was dropped meanwhile stays away. */
function joined(known: readonly CollectionRuns[], brought: readonly CollectionRuns[]): PointCommit['changed'] {
  const changed = new Map(brought.map((collection) => [collection.info.uuid, versionOf(collection)]));
  for (const { info, incomplete } of known) {
    const mine = changed.get(info.uuid);
    // A collection that was unknown when it was renamed into view has no options and indexes but those of the scan.
    if (mine !== undefined && !incomplete) changed.set(info.uuid, { ...mine, info });
  }
  return changed;
}
