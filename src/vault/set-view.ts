import type { ScanProgress } from '../wire/api/backups.ts';
import type { StoredScan, StoredSet } from './metadata-ports.ts';
import type { SliceInfo, SliceLog, VaultSet } from './ports.ts';
import type { ScanBook } from './scan-book.ts';
import type { ScanRates } from './scan-rates.ts';
import type { ScanTallies } from './scan-tally.ts';
import { sizeOf } from './snapshot-cost.ts';
import type { VaultStores } from './stores.ts';

interface Sizes {
  readonly key: string;
  readonly contentBytes: number;
  readonly storedBytes: number;
}

/** A set as the server is told of it. */
export class SetView {
  readonly #stores: VaultStores;
  readonly #scans: ScanBook;
  readonly #rates: ScanRates;
  readonly #tallies: ScanTallies;
  readonly #sizes = new Map<string, Sizes>();

  constructor(stores: VaultStores, scans: ScanBook, rates: ScanRates, tallies: ScanTallies) {
    this.#stores = stores;
    this.#scans = scans;
    this.#rates = rates;
    this.#tallies = tallies;
  }

  async of(set: StoredSet): Promise<VaultSet> {
    const { metadata } = this.#stores;
    const { replicaSetId } = set;
    const { slices } = await this.#stores.group(set.groupId);
    const scan = this.#scans.open(replicaSetId);
    const capturing = metadata.scans(replicaSetId).find(({ state }) => state !== 'given up' && state !== 'folded');
    const last = await currentPlace(slices, replicaSetId, capturing);
    const snapshots = metadata.snapshots(replicaSetId);
    const { contentBytes, storedBytes } = this.#sizesOf(replicaSetId);
    return {
      groupId: set.groupId,
      replicaSetId,
      name: set.name,
      standing: set.standing,
      deleteAtMs: set.deleteAtMs,
      settings: set.settings,
      lost: set.lost,
      scan: scan === undefined ? null : this.#scans.headOf(scan),
      scanProgress: this.#progress(replicaSetId),
      checkpoint: last?.last ?? null,
      chain: last?.chain ?? null,
      restorable: await restorableOf(this.#stores, slices, replicaSetId),
      foldProblem: set.foldProblem,
      snapshots: snapshots.length,
      lastSnapshotAtMs: snapshots.at(-1)?.takenAtMs ?? null,
      nextSnapshotAtMs: set.standing === 'active' ? set.nextSnapshotAtMs : null,
      contentBytes,
      storedBytes,
      slicesBytes: await slices.bytes(replicaSetId),
    };
  }

  #sizesOf(replicaSetId: string): Sizes {
    const { metadata } = this.#stores;
    const point = metadata.newestPoint(replicaSetId);
    const key = `${point?.id ?? ''}:${metadata.countRuns(replicaSetId)}`;
    const known = this.#sizes.get(replicaSetId);
    if (known?.key === key) return known;
    const runs = metadata.runs(replicaSetId);
    const collections = point === null ? [] : metadata.collectionsAt(replicaSetId, point.optime.ts);
    const sizes = {
      key,
      contentBytes: collections.reduce((sum, collection) => sum + sizeOf(collection.runs).contentBytes, 0),
      storedBytes: runs.reduce((sum, run) => sum + run.storedBytes, 0),
    };
    this.#sizes.set(replicaSetId, sizes);
    return sizes;
  }

  #progress(replicaSetId: string): ScanProgress | null {
    const { metadata } = this.#stores;
    const scan = metadata.scans(replicaSetId).find(({ state }) => state !== 'folded' && state !== 'given up');
    if (scan === undefined || !scan.planned) {
      this.#tallies.forget(replicaSetId);
      return null;
    }
    const sums = this.#tallies.sums(replicaSetId, scan.scanId);
    const bytesPerSecond = this.#rates.bytesPerSecond(scan.scanId);
    return {
      kind: scan.kind,
      startedAtMs: scan.startedAtMs,
      ...sums,
      bytesPerSecond,
      secondsLeft:
        bytesPerSecond === null || bytesPerSecond <= 0 ? null : (sums.allBytes - sums.bytes) / bytesPerSecond,
    };
  }
}

/** The newest slice of the capture that goes on; null while one that begins anew has not come. */
async function currentPlace(
  slices: SliceLog,
  replicaSetId: string,
  scan: StoredScan | undefined,
): Promise<SliceInfo | null> {
  const last = await slices.last(replicaSetId);
  if (scan?.anew !== true || last === null) return last;
  const newest = (await slices.spans(replicaSetId)).at(-1);
  return scan.from !== null && newest?.first === scan.from.ts ? last : null;
}

async function restorableOf(
  { metadata }: VaultStores,
  slices: SliceLog,
  replicaSetId: string,
): Promise<VaultSet['restorable']> {
  const span = (await slices.spans(replicaSetId)).at(-1);
  const last = await slices.last(replicaSetId);
  if (span === undefined || last === null) return null;
  const from = metadata
    .points(replicaSetId)
    .find(({ hidden, optime }) => !hidden && optime.ts >= span.first && optime.ts <= last.last.ts);
  return from === undefined ? null : { from: from.optime, until: last.last };
}
