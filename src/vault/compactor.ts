import { setTimeout as delay } from 'node:timers/promises';
import { IndexCache } from '../blocks/index-cache.ts';
import { compactDeltas, compactToBase } from '../blocks/merge-runs.ts';
import type { UpdateRules } from '../blocks/ports.ts';
import { RunWriter } from '../blocks/run-writer.ts';
import { breathe } from './breathe.ts';
import { type CompactionPlan, planCompaction } from './compaction-plan.ts';
import { pointRun } from './fold-write.ts';
import type { StoredSet } from './metadata-ports.ts';
import type { CollectionRuns, Growth, PointRun } from './ports.ts';
import { inputsOf, lookUp } from './run-access.ts';
import { StoreSink } from './store-sink.ts';
import type { GroupStore, VaultStores } from './stores.ts';

/** After so long at work it pauses, so that it never takes more than its share of the machine. */
const workMs = 100;
const pauseMs = 25;
/** While somebody reads a view: who restores must not wait for what can be done later, and it is still done if reading never ends. */
const pauseForReadersMs = 1000;
/** zstd: a base stays for long and is as small as what a scan sent; a delta is soon joined again. */
const baseLevel = 6;
const deltaLevel = 1;

export interface Compaction {
  readonly collection: CollectionRuns;
  readonly plan: CompactionPlan;
}

/** Joins runs in the background. Points that name the old ones in the same order name the new one afterwards; others keep them. */
export class Compactor {
  readonly #stores: VaultStores;
  readonly #rules: UpdateRules;
  readonly #isRead: () => boolean;
  readonly #cache = new IndexCache();
  /** Newest point and number of runs of each set at which nothing was to be joined. */
  readonly #settled = new Map<string, string>();

  /** `isRead`: somebody waits for bytes of this store now. */
  constructor(stores: VaultStores, rules: UpdateRules, isRead: () => boolean = () => false) {
    this.#stores = stores;
    this.#rules = rules;
    this.#isRead = isRead;
  }

  /** Collections of a set's newest point that need it, those with the most runs first. */
  due({ replicaSetId }: StoredSet): readonly Compaction[] {
    const { metadata } = this.#stores;
    const point = metadata.newestPoint(replicaSetId);
    // Before a scan's end the base and what lies over it do not belong together yet.
    if (point === null || point.hidden) return [];
    const state = `${point.id} ${metadata.countRuns(replicaSetId)}`;
    if (this.#settled.get(replicaSetId) === state) return [];
    const found: Compaction[] = [];
    for (const collection of metadata.collectionsAt(replicaSetId, point.optime.ts)) {
      const plan = collection.runs.length > 1 ? planCompaction(collection.runs) : undefined;
      if (plan !== undefined) found.push({ collection, plan });
    }
    if (found.length === 0) this.#settled.set(replicaSetId, state);
    return found.sort((one, other) => other.collection.runs.length - one.collection.runs.length);
  }

  /** Answers the bytes that were written. */
  async run(set: StoredSet, { collection, plan }: Compaction, signal: AbortSignal): Promise<number> {
    const group = await this.#stores.group(set.groupId);
    const pin = group.blocks.pin();
    try {
      const sink = new StoreSink(group.blocks);
      const writer = new RunWriter(sink, {
        groupKey: group.blockKey,
        zstdLevel: plan.into === 'base' ? baseLevel : deltaLevel,
      });
      const joined = collection.runs.slice(plan.from, plan.to);
      const access = this.#access(group);
      const options = { rules: this.#rules, signal, onStep: paced(this.#isRead) };
      const older = collection.runs.slice(0, plan.from);
      const lookup = (key: Buffer) => lookUp(older, key, collection.info.capped, access);
      const inputs = inputsOf(joined, access);
      const run =
        plan.into === 'base'
          ? await compactToBase(inputs, writer, options)
          : await compactDeltas(inputs, writer, { ...options, lookup });
      await sink.flush();
      const merged =
        plan.into === 'base'
          ? pointRun(run, 'base', true)
          : pointRun(run, 'delta', joined[0]?.lenient === true, growthOf(joined));
      this.#stores.metadata.replaceRuns(
        set.replicaSetId,
        collection.info.uuid,
        joined.map(({ id }) => id),
        merged,
      );
      return sink.newBytes;
    } finally {
      pin.release();
    }
  }

  #access({ blocks, blockKey }: GroupStore) {
    return { source: blocks, groupKey: blockKey, cache: this.#cache, rules: this.#rules };
  }
}

function growthOf(runs: readonly PointRun[]): Growth | null {
  const told = runs.flatMap(({ growth }) => growth ?? []);
  if (told.length < runs.length) return null;
  const sum = (of: keyof Growth): number => told.reduce((total, growth) => total + growth[of], 0);
  return { added: sum('added'), addedBytes: sum('addedBytes'), removed: sum('removed') };
}

function paced(isRead: () => boolean): () => Promise<void> {
  let since = performance.now();
  return async () => {
    await breathe();
    if (performance.now() - since < workMs) return;
    await delay(isRead() ? pauseForReadersMs : pauseMs);
    since = performance.now();
  };
}
