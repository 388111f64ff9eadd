import type { IndexCache } from '../blocks/index-cache.ts';
import type { UpdateRules } from '../blocks/ports.ts';
import { NamespaceFilter } from '../model/namespace-filter.ts';
import { type Optime, timestampText } from '../model/optime.ts';
import { AppError } from '../runtime/errors.ts';
import type { Moment } from '../wire/api/backup-reading.ts';
import { FoldPass } from './fold-pass.ts';
import { readEntries } from './fold-read.ts';
import { type FoldState, stateAt } from './fold-state.ts';
import { writeDelta, writeDeltas } from './fold-write.ts';
import type { StoredSet } from './metadata-ports.ts';
import { resolveMoment } from './moments.ts';
import type { CollectionRuns } from './ports.ts';
import { lookUp } from './run-access.ts';
import type { GroupStore, VaultStores } from './stores.ts';
import type { ViewSink } from './view-sink.ts';

export interface OpenedView {
  readonly optime: Optime;
  readonly collections: readonly CollectionRuns[];
}

export interface ViewOptions {
  readonly rules: UpdateRules;
  readonly cache: IndexCache;
  readonly sink: ViewSink;
  /** Oplog that is folded in memory at once. */
  readonly chunkBytes: number;
  readonly signal: AbortSignal;
}

/**
 * Everything of a set as it was visible at a moment: the runs of the newest point before it, and what the slices from there on say, as runs of the
 * view's own.
 * @throws NOT_RESTORABLE
 */
export async function viewAt(
  stores: VaultStores,
  set: StoredSet,
  at: Moment,
  options: ViewOptions,
): Promise<OpenedView> {
  const group = await stores.group(set.groupId);
  const { point, ts } = await resolveMoment(stores.metadata, group.slices, set.replicaSetId, at);
  let state = stateAt(stores, point);
  if (point.optime.ts === ts) return { optime: point.optime, collections: collectionsOf(state) };
  for (;;) {
    const pass = passOf(set, group, state, ts, options);
    const read = await readEntries(group.slices, pass, {
      replicaSetId: set.replicaSetId,
      after: state.optime,
      maxBytes: options.chunkBytes,
      stopAt: ts,
      signal: options.signal,
    });
    if (read.ended === 'end') throw unresolved(ts, read.optime);
    const collections: CollectionRuns[] = [];
    for await (const { info, incomplete, runs, delta } of writeDeltas(pass, options.sink, {
      groupKey: group.blockKey,
      lenient: false,
    })) {
      collections.push({ info, incomplete, runs: delta === null ? runs : [...runs, delta] });
    }
    await options.sink.flush();
    if (read.ended === 'stop') return { optime: viewOptime(read.optime, ts), collections };
    state = {
      ...state,
      optime: read.optime,
      runs: new Map(collections.map(({ info, runs }) => [info.uuid, runs])),
      incomplete: new Set(collections.filter(({ incomplete }) => incomplete).map(({ info }) => info.uuid)),
    };
  }
}

/** It was read on for a transaction that is visible at the moment: the view is still that of the moment. */
function viewOptime(read: Optime, ts: bigint): Optime {
  return read.ts <= ts ? read : { ts, term: read.term };
}

function collectionsOf(state: FoldState): readonly CollectionRuns[] {
  return [...state.catalog.all()].map((info) => ({
    info,
    runs: state.runs.get(info.uuid) ?? [],
    incomplete: state.incomplete.has(info.uuid),
  }));
}

function passOf(set: StoredSet, group: GroupStore, state: FoldState, until: bigint, options: ViewOptions): FoldPass {
  const { include, exclude } = set.settings.filter;
  const filter = new NamespaceFilter(set.settings.filter);
  const access = { source: options.sink, rules: options.rules, groupKey: group.blockKey, cache: options.cache };
  return new FoldPass({
    state,
    rules: options.rules,
    lenient: false,
    leavesOut: false,
    keeps: (namespace) => filter.keeps(namespace),
    filtered: include.length + exclude.length > 0,
    until,
    only: null,
    base: (runs, key, capped) => lookUp(runs, key, capped, access),
    writes: null,
    write: (buffer) => writeDelta(buffer, options.sink, { groupKey: group.blockKey, lenient: false }),
    maxBytes: options.chunkBytes,
  });
}

function unresolved(ts: bigint, read: Optime): AppError {
  return new AppError(
    'NOT_RESTORABLE',
    `a transaction that was prepared at or before ${timestampText(ts)} is not resolved up to ${timestampText(read.ts)}`,
    { hint: 'Try again in a minute, or choose an earlier moment.', retryable: true },
  );
}
