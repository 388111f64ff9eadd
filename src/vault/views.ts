import { randomBytes } from 'node:crypto';
import { ChunkReads } from '../blocks/chunk-reads.ts';
import { IndexCache } from '../blocks/index-cache.ts';
import type { UpdateRules } from '../blocks/ports.ts';
import { AppError } from '../runtime/errors.ts';
import type { Moment } from '../wire/api/backup-reading.ts';
import { areCapsLoose, featureVersion } from './feature-version.ts';
import { chunkBytes } from './fold-chunk.ts';
import { type NaturalOrder, naturalOrder } from './natural-order.ts';
import type { CollectionRuns } from './ports.ts';
import { lookUp, type RunAccess } from './run-access.ts';
import { sizeOf } from './snapshot-cost.ts';
import { requireSet, type VaultStores } from './stores.ts';
import { chunksAfter } from './view-chunks.ts';
import { viewAt } from './view-open.ts';
import type { OpenViewOptions, View, ViewChunk } from './view-ports.ts';
import { ViewSink } from './view-sink.ts';

/** A view that nobody read for so long is closed. */
const idleMs = 60 * 60_000;
const mostViews = 64;
/** Whoever reads a view asks for the next bytes within this, or does something else meanwhile. */
const readingMs = 2000;
/** Runs of one view that are held in memory; what is more goes to the store. */
const memoryBytes = 32 * 2 ** 20;

interface OpenView {
  readonly replicaSetId: string;
  readonly groupId: string;
  readonly collections: ReadonlyMap<string, CollectionRuns>;
  readonly access: RunAccess;
  /** Of the source, at this moment. */
  readonly featureVersion: string | null;
  readonly sink: ViewSink;
  readonly packed: boolean;
  /** Capped collections that were sorted, by UUID. */
  readonly natural: Map<string, Promise<NaturalOrder>>;
  readonly pin: { release(): void };
  usedAtMs: number;
}

/** Views that are open. Their runs are roots of the collection of garbage. */
export class Views {
  readonly #stores: VaultStores;
  readonly #rules: UpdateRules;
  readonly #cache = new IndexCache();
  readonly #reads = new ChunkReads();
  readonly #open = new Map<string, OpenView>();
  readonly #stopped = new AbortController();
  #opening = 0;
  #readAt = Number.NEGATIVE_INFINITY;

  constructor(stores: VaultStores, rules: UpdateRules) {
    this.#stores = stores;
    this.#rules = rules;
  }

  async open(
    groupId: string,
    replicaSetId: string,
    at: Moment,
    { packed = false }: OpenViewOptions = {},
  ): Promise<{ readonly viewId: string; readonly view: View }> {
    this.expire();
    const set = requireSet(this.#stores.metadata, groupId, replicaSetId);
    if (this.#open.size >= mostViews)
      throw new AppError('TIMEOUT', `${mostViews} restores and queries are open`, {
        retryable: true,
        hint: 'Close some, or wait: one that is not read for an hour is closed by itself.',
      });
    const group = await this.#stores.group(groupId);
    const sink = new ViewSink(group.blocks, memoryBytes);
    const pin = sink.pin();
    this.#opening++;
    try {
      const { optime, collections } = await viewAt(this.#stores, set, at, {
        rules: this.#rules,
        cache: this.#cache,
        sink,
        chunkBytes,
        signal: this.#stopped.signal,
      });
      const complete = collections.filter(({ incomplete }) => !incomplete);
      const viewId = randomBytes(16).toString('hex');
      const [rules, cache, reads] = [this.#rules, this.#cache, this.#reads];
      const access = { source: sink, rules, groupKey: group.blockKey, cache, trustsEnvelopes: true, reads };
      const version = await featureVersion(complete, access);
      this.#open.set(viewId, {
        replicaSetId,
        groupId,
        collections: new Map(complete.map((collection) => [collection.info.uuid, collection])),
        access,
        featureVersion: version,
        sink,
        packed,
        natural: new Map(),
        pin,
        usedAtMs: this.#stores.clock.now(),
      });
      const shown = complete.map(({ info, runs }) => ({ info, ...sizeOf(runs) }));
      return { viewId, view: { optime, featureVersion: version, collections: shown } };
    } catch (thrown) {
      pin.release();
      throw thrown;
    } finally {
      this.#opening--;
    }
  }

  async read(viewId: string, uuid: string, afterKey: Buffer | null, maxBytes: number): Promise<readonly ViewChunk[]> {
    const { view, collection } = this.#require(viewId, uuid);
    const { packed } = view;
    if (!collection.info.capped)
      return chunksAfter(collection.runs, { after: afterKey, packed }, maxBytes, view.access);
    const { runs, from } = await this.#naturalOrder(view, collection);
    return chunksAfter(runs, { after: afterKey, from, packed }, maxBytes, view.access);
  }

  async findByKey(viewId: string, uuid: string, key: Buffer): Promise<Buffer | undefined> {
    const { view, collection } = this.#require(viewId, uuid);
    return (await lookUp(collection.runs, key, collection.info.capped, view.access))?.document;
  }

  async #naturalOrder(view: OpenView, collection: CollectionRuns): Promise<NaturalOrder> {
    const { uuid } = collection.info;
    let sorted = view.natural.get(uuid);
    if (sorted === undefined) {
      sorted = sortCapped(view, collection);
      view.natural.set(uuid, sorted);
      sorted.catch(() => view.natural.delete(uuid));
    }
    return sorted;
  }

  /** What an open view is read from, for those who read all of it; as any read it keeps the view open. @throws NOT_FOUND */
  inside(viewId: string): Pick<OpenView, 'collections' | 'access'> {
    return this.#openView(viewId);
  }

  close(viewId: string): void {
    this.#open.get(viewId)?.pin.release();
    this.#open.delete(viewId);
  }

  expire(): void {
    const before = this.#stores.clock.now() - idleMs;
    for (const [id, { usedAtMs }] of this.#open) if (usedAtMs < before) this.close(id);
  }

  /** Runs work that reads what is there without a view: nothing is let go meanwhile. It must be short. */
  async whileReading<T>(work: () => Promise<T>): Promise<T> {
    this.#opening++;
    try {
      return await work();
    } finally {
      this.#opening--;
    }
  }

  /** Somebody waits for a view, or has read one just now. */
  get areRead(): boolean {
    return this.#opening > 0 || performance.now() - this.#readAt < readingMs;
  }

  /** Views that are being made, and the like: what they will read is not known yet. */
  get opening(): number {
    return this.#opening;
  }

  /** Closes the views of a set. */
  closeOf(replicaSetId: string): void {
    for (const [id, view] of this.#open) if (view.replicaSetId === replicaSetId) this.close(id);
  }

  /** Runs that are being read, of this set. */
  runIds(replicaSetId: string): ReadonlySet<string> {
    const ids = new Set<string>();
    for (const view of this.#open.values()) {
      if (view.replicaSetId !== replicaSetId) continue;
      for (const { runs } of view.collections.values()) for (const { id } of runs) ids.add(id);
    }
    return ids;
  }

  closeAll(): void {
    this.#stopped.abort();
    for (const id of [...this.#open.keys()]) this.close(id);
  }

  #require(viewId: string, uuid: string): { readonly view: OpenView; readonly collection: CollectionRuns } {
    const view = this.#openView(viewId);
    const collection = view.collections.get(uuid);
    if (collection === undefined) throw new AppError('NOT_FOUND', `the view has no collection ${uuid}`);
    return { view, collection };
  }

  #openView(viewId: string): OpenView {
    this.expire();
    const view = this.#open.get(viewId);
    if (view === undefined) {
      throw new AppError('NOT_FOUND', `the view ${viewId} is not open`, {
        hint: 'It was closed, not read for an hour, or the server was restarted: open another one at the same optime.',
      });
    }
    view.usedAtMs = this.#stores.clock.now();
    this.#readAt = performance.now();
    return view;
  }
}

async function sortCapped(
  { featureVersion: version, sink, access }: OpenView,
  collection: CollectionRuns,
): Promise<NaturalOrder> {
  const isLoose = areCapsLoose(version);
  const order = await naturalOrder(collection, sink, access, isLoose);
  await sink.flush();
  return order;
}
