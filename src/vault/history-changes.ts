import type { ApplyUpdates } from '../blocks/ports.ts';
import { documentEnd } from '../model/bson-walk.ts';
import type { DocumentChange } from '../model/collection.ts';
import { timestampMs } from '../model/optime.ts';
import type { CatalogChange, OplogEmit } from '../oplog/oplog-emit.ts';
import { breathe } from './breathe.ts';
import type { DocumentVersion } from './document-history.ts';
import { timestampOf } from './fold-read.ts';
import { type FoldState, namespaceOf, stateAt } from './fold-state.ts';
import type { StoredPoint, StoredSet } from './metadata-ports.ts';
import { lookUp, type RunAccess } from './run-access.ts';
import type { VaultStores } from './stores.ts';

export interface HistoryQuery {
  readonly namespace: string;
  readonly key: Buffer;
  /** The newest versions are answered when there are more. */
  readonly limit: number;
  readonly apply: ApplyUpdates;
  readonly signal: AbortSignal;
  /** Default 20 s. */
  readonly budgetMs?: number;
}

/** Every change of one document after a point, up to a place in the oplog. */
export async function changesBetween(
  stores: VaultStores,
  set: StoredSet,
  point: StoredPoint,
  until: bigint,
  query: HistoryQuery & { readonly access: RunAccess },
): Promise<readonly DocumentVersion[]> {
  const { slices } = await stores.group(set.groupId);
  const state = stateAt(stores, point);
  const watch = new Watch(state, query);
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
        await watch.settle(query.access);
        await breathe();
      }
      if (watch.met.length > 0) await watch.settle(query.access);
      await breathe();
    }
  }
  return watch.versions.filter(({ optime }) => optime !== null && optime.ts > point.optime.ts && optime.ts <= until);
}

/** Looks at the changes of one document alone. */
class Watch implements OplogEmit {
  readonly versions: DocumentVersion[] = [];
  /** Changes of it that were not applied yet. */
  met: DocumentChange[] = [];
  term = -1;
  readonly #state: FoldState;
  readonly #query: HistoryQuery;
  readonly #documents = new Map<string, Buffer | undefined>();

  constructor(state: FoldState, query: HistoryQuery) {
    this.#state = state;
    this.#query = query;
  }

  change(change: DocumentChange): void {
    if (!change.key.equals(this.#query.key) || change.ts <= this.#state.optime.ts) return;
    const info = this.#state.catalog.get(change.collection);
    if (info !== undefined && namespaceOf(info) === this.#query.namespace) this.met.push(change);
  }

  catalog(change: CatalogChange): void {
    if (change.ts > this.#state.optime.ts) this.#state.catalog.apply(change, true);
  }

  nothing(): void {}

  async settle(access: RunAccess): Promise<void> {
    const met = this.met;
    this.met = [];
    for (const change of met) {
      const { collection, kind, ts, body, upsert } = change;
      if (!this.#documents.has(collection)) this.#documents.set(collection, await this.#before(collection, access));
      const before = this.#documents.get(collection);
      const after =
        kind === 'update'
          ? this.#query.apply(before, [{ update: body, upsert: upsert === true }], true)
          : kind === 'put'
            ? body
            : undefined;
      const document = after === undefined ? undefined : Buffer.from(after);
      this.#documents.set(collection, document);
      if (before === undefined && document === undefined) continue;
      this.versions.push({
        optime: { ts, term: this.term },
        atMs: timestampMs(ts),
        exact: true,
        kind: document === undefined ? 'delete' : before === undefined ? 'insert' : 'update',
        document: document ?? null,
      });
    }
  }

  async #before(uuid: string, access: RunAccess): Promise<Buffer | undefined> {
    const capped = this.#state.catalog.get(uuid)?.capped === true;
    return (await lookUp(this.#state.runs.get(uuid) ?? [], this.#query.key, capped, access))?.document;
  }
}
