import { documentEnd } from '../model/bson-walk.ts';
import { breathe } from './breathe.ts';
import type { DocumentVersion } from './document-history.ts';
import { timestampOf } from './fold-read.ts';
import { stateAt } from './fold-state.ts';
import type { HistoryQuery } from './history-query.ts';
import { HistoryWatch } from './history-watch.ts';
import type { StoredPoint, StoredSet } from './metadata-ports.ts';
import type { RunAccess } from './run-access.ts';
import type { VaultStores } from './stores.ts';

/** Every change of what one name shows under one key, after a point, up to a place in the oplog. */
export async function changesBetween(
  stores: VaultStores,
  set: StoredSet,
  point: StoredPoint,
  until: bigint,
  query: HistoryQuery & { readonly access: RunAccess },
): Promise<readonly DocumentVersion[]> {
  const first = await watched(stores, set, point, until, query, new Set());
  // Of a collection that got the name only later, what was written to it under another one is needed too.
  const watch = first.strangers.size === 0 ? first : await watched(stores, set, point, until, query, first.strangers);
  return watch.versions.filter(({ optime }) => optime !== null && optime.ts > point.optime.ts && optime.ts <= until);
}

async function watched(
  stores: VaultStores,
  set: StoredSet,
  point: StoredPoint,
  until: bigint,
  query: HistoryQuery & { readonly access: RunAccess },
  also: ReadonlySet<string>,
): Promise<HistoryWatch> {
  const { slices } = await stores.group(set.groupId);
  const state = stateAt(stores, point);
  const watch = new HistoryWatch(state, query, also);
  for await (const { info, content } of slices.read(set.replicaSetId, point.optime.ts, query.signal)) {
    if (info.first > until) break;
    watch.term = info.last.term;
    for (let at = 0; at < content.length; ) {
      const end = documentEnd(content, at, content.length);
      const entry = content.subarray(at, end);
      at = end;
      if (info.first <= point.optime.ts && timestampOf(entry) <= point.optime.ts) continue;
      state.reader.push(entry, watch, true);
      while (state.reader.isDraining) {
        state.reader.drain(watch);
        await watch.settle();
        await breathe();
      }
      if (watch.isWaiting) await watch.settle();
      await breathe();
    }
  }
  return watch;
}
