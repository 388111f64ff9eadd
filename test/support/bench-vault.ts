import { BSON } from 'mongodb';
import { type ChainEnd, emptyChain, makeSlice } from '../../src/capture/tail/slice.ts';
import { openVaultStores } from '../../src/cli/open-vault.ts';
import { updateRules } from '../../src/oplog/update-rules.ts';
import { collectGroup } from '../../src/vault/collect.ts';
import { Compactor } from '../../src/vault/compactor.ts';
import { createEngine } from '../../src/vault/engine.ts';
import { timestampOf } from '../../src/vault/fold-read.ts';
import { Folder } from '../../src/vault/folder.ts';
import type { VaultService } from '../../src/vault/ports.ts';
import { retain } from '../../src/vault/retain.ts';
import type { VaultStores } from '../../src/vault/stores.ts';
import { groupId, replicaSetId, settings } from '../unit/vault/source-model.ts';
import type { TempDir } from './temp-dir.ts';

const sliceBytes = 8 * 2 ** 20;
const { signal } = new AbortController();

/** A vault on disk, as a server has it, that does nothing by itself: each step of its upkeep is called, and the clock is set. */
export class BenchVault implements AsyncDisposable {
  readonly clock: { nowMs: number; now(): number };
  readonly stores: VaultStores;
  readonly vault: VaultService;
  readonly #folder: Folder;
  readonly #compactor: Compactor;
  #end: ChainEnd = { after: null, chain: emptyChain };

  static async open(folder: TempDir, nowMs: number): Promise<BenchVault> {
    const clock = { nowMs, now: () => clock.nowMs };
    const opened = await openVaultStores({ dir: folder.path, clock });
    const bench = new BenchVault(clock, opened);
    await bench.vault.start(groupId, replicaSetId, 'rs0', settings);
    return bench;
  }

  private constructor(clock: BenchVault['clock'], { stores, close }: Awaited<ReturnType<typeof openVaultStores>>) {
    const log = { info: () => undefined, warn: () => undefined };
    this.clock = clock;
    this.stores = stores;
    this.vault = createEngine({ stores, rules: updateRules, log, readOnly: false, automatic: false, onClose: close });
    this.#folder = new Folder(stores, updateRules);
    this.#compactor = new Compactor(stores, updateRules);
  }

  /** Entries of the oplog in order, as an agent sends them. */
  async send(entries: readonly Buffer[]): Promise<void> {
    for (let from = 0; from < entries.length; ) {
      let bytes = 0;
      let until = from;
      for (; until < entries.length && bytes < sliceBytes; until++) bytes += entries[until]?.length ?? 0;
      await this.#sendSlice(entries.slice(from, until));
      from = until;
    }
  }

  async #sendSlice(entries: readonly Buffer[]): Promise<void> {
    const [first, last] = [entries[0], entries.at(-1)];
    if (first === undefined || last === undefined) return;
    const lastOptime = { ts: timestampOf(last), term: 1 };
    const content = { after: this.#end.after, bytes: Buffer.concat(entries), first: timestampOf(first) };
    const slice = await makeSlice(this.#end, { ...content, last: lastOptime, entries: entries.length }, 3);
    await this.vault.appendSlices(groupId, { replicaSetId, epoch: 1, slices: [slice.meta] }, slice.frame);
    this.#end = { after: lastOptime, chain: Buffer.from(slice.meta.chain, 'hex') };
  }

  /** Folds all that is there; answers how many entries. */
  async fold(): Promise<number> {
    return (await this.#folder.fold(replicaSetId, { all: true, snapshot: null, signal })).entries;
  }

  /** Joins runs until none are to be joined; answers the bytes that were stored for it. */
  async compact(): Promise<number> {
    let bytes = 0;
    for (;;) {
      const set = this.stores.metadata.set(replicaSetId);
      const next = set === undefined ? undefined : this.#compactor.due(set)[0];
      if (set === undefined || next === undefined) return bytes;
      bytes += await this.#compactor.run(set, next, signal);
    }
  }

  /** Lets go what no rule keeps, and gives the space back; answers the bytes that were written anew for it. */
  async collect(): Promise<number> {
    const set = this.stores.metadata.set(replicaSetId);
    if (set !== undefined) await retain(this.stores, set, new Set());
    return (await collectGroup(this.stores, groupId, signal)).rewrittenBytes;
  }

  /** Bytes that all blocks take on disk, slices not among them. */
  async blockBytes(): Promise<number> {
    const { blocks } = await this.stores.group(groupId);
    return (await blocks.use()).bytes;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.vault.close();
  }
}

/** An entry of the oplog. `ts`: seconds and ordinal. */
export function oplogEntry(ts: bigint, fields: BSON.Document): Buffer {
  const t = new BSON.Timestamp(ts);
  const more = {
    ts: t,
    t: BSON.Long.fromNumber(1),
    v: BSON.Long.fromNumber(2),
    wall: new Date(Number(ts >> 32n) * 1000),
  };
  return Buffer.from(BSON.serialize({ ...fields, ...more }));
}
