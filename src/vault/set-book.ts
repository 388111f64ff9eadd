import { randomBytes } from 'node:crypto';
import { AppError } from '../runtime/errors.ts';
import type { StoredScan, StoredSet } from './metadata-ports.ts';
import type { SetSettings } from './ports.ts';
import { findSet, requireSet, type VaultStores } from './stores.ts';

/** Switches backups of replica sets on and off: what a person decides. */
export class SetBook {
  readonly #stores: VaultStores;

  constructor(stores: VaultStores) {
    this.#stores = stores;
  }

  /** Idempotent. A set that was never read gets a scan; a stopped or terminating one goes on where it was. */
  start(groupId: string, replicaSetId: string, name: string, settings: SetSettings): void {
    const { metadata } = this.#stores;
    const known = findSet(metadata, groupId, replicaSetId);
    if (known === undefined && metadata.set(replicaSetId) !== undefined) {
      throw new AppError('CONFLICT', `the replica set ${replicaSetId} is backed up in another group`);
    }
    metadata.saveSet({
      groupId,
      replicaSetId,
      name,
      standing: 'active',
      deleteAtMs: null,
      settings,
      lost: known?.lost ?? null,
      foldProblem: known?.foldProblem ?? null,
      nextSnapshotAtMs: known?.nextSnapshotAtMs ?? null,
      includesMore: known !== undefined && (known.includesMore || differs(known.settings, settings)),
    });
    if (metadata.scans(replicaSetId).length === 0) this.#wantScan(replicaSetId, 'full', true);
  }

  configure(groupId: string, replicaSetId: string, settings: SetSettings): void {
    const { metadata } = this.#stores;
    const set = requireSet(metadata, groupId, replicaSetId);
    const newest = metadata.snapshots(replicaSetId).at(-1);
    const everyMs = settings.schedule.snapshotEveryHours * 3_600_000;
    const nextSnapshotAtMs =
      newest === undefined || set.nextSnapshotAtMs === null
        ? set.nextSnapshotAtMs
        : Math.min(set.nextSnapshotAtMs, newest.takenAtMs + everyMs);
    const includesMore = set.includesMore || differs(set.settings, settings);
    metadata.saveSet({ ...set, settings, nextSnapshotAtMs, includesMore });
  }

  stop(groupId: string, replicaSetId: string): void {
    const set = requireSet(this.#stores.metadata, groupId, replicaSetId);
    this.#stores.metadata.saveSet({ ...set, standing: 'stopped', deleteAtMs: null });
  }

  terminate(groupId: string, replicaSetId: string, deleteAtMs: number): void {
    const set = requireSet(this.#stores.metadata, groupId, replicaSetId);
    this.#stores.metadata.saveSet({ ...set, standing: 'terminating', deleteAtMs: Math.round(deleteAtMs) });
  }

  markLost(groupId: string, replicaSetId: string, code: string, message: string): void {
    const set = requireSet(this.#stores.metadata, groupId, replicaSetId);
    if (set.lost?.code === code && set.lost.message === message) return;
    const sinceMs = set.lost?.sinceMs ?? this.#stores.clock.now();
    this.#stores.metadata.saveSet({ ...set, lost: { code, message, sinceMs } });
  }

  /** A scan that was not finished is given up. Capture goes on at its place, or begins anew where that was lost. */
  requestScan(groupId: string, replicaSetId: string, kind: 'full' | 'resync'): void {
    const { metadata } = this.#stores;
    const set = requireSet(metadata, groupId, replicaSetId);
    const open = metadata.scans(replicaSetId).find((scan) => scan.state === 'open');
    const anew = set.lost !== null || open?.anew === true;
    if (open !== undefined && open.from === null && open.kind === kind && open.anew === anew) return;
    if (open !== undefined) {
      metadata.saveScan({ ...open, state: 'given up' });
      metadata.clearScan(open.scanId);
    }
    this.#wantScan(replicaSetId, kind, anew);
    if (set.lost !== null) metadata.saveSet({ ...set, lost: null });
  }

  /**
   * A scan of the collections that are backed up but not all there, when there are any: newly included, or renamed into view. null: which
   * they are is found out by the scan.
   */
  wantMissing(set: StoredSet, uuids: readonly string[] | null): void {
    const { metadata } = this.#stores;
    const { replicaSetId } = set;
    if (set.standing !== 'active' || set.lost !== null) return;
    if (metadata.scans(replicaSetId).some(({ state }) => state !== 'folded' && state !== 'given up')) return;
    this.#wantScan(replicaSetId, 'collections', false, uuids);
    if (set.includesMore) metadata.saveSet({ ...set, includesMore: false });
  }

  #wantScan(replicaSetId: string, kind: StoredScan['kind'], anew: boolean, only: readonly string[] | null = null) {
    const { metadata, clock } = this.#stores;
    metadata.saveScan({
      scanId: randomBytes(12).toString('hex'),
      replicaSetId,
      ordinal: (metadata.scans(replicaSetId)[0]?.ordinal ?? 0) + 1,
      kind,
      only,
      anew,
      from: null,
      until: null,
      planned: false,
      startedAtMs: clock.now(),
      state: 'open',
    });
  }
}

function differs(before: SetSettings, after: SetSettings): boolean {
  return JSON.stringify(before.filter) !== JSON.stringify(after.filter);
}
