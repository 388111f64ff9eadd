import type { UpdateRules } from '../blocks/ports.ts';
import { AppError } from '../runtime/errors.ts';
import { Background } from './background.ts';
import { checkSnapshot } from './check-snapshot.ts';
import { Compactor } from './compactor.ts';
import type { VaultLog } from './engine-parts.ts';
import { foldWeight } from './fold-weight.ts';
import { Folder } from './folder.ts';
import { historyOf } from './history.ts';
import { type Hold, Holds } from './holds.ts';
import { momentTs } from './moments.ts';
import type { CheckProgress, VaultService } from './ports.ts';
import { ScanBook } from './scan-book.ts';
import { ScanIngest } from './scan-ingest.ts';
import { ScanRates } from './scan-rates.ts';
import { ScanTallies } from './scan-tally.ts';
import { SetBook } from './set-book.ts';
import { SetView } from './set-view.ts';
import { appendSlices } from './slice-ingest.ts';
import { listSnapshots, timelineOf } from './snapshot-list.ts';
import { findSet, requireSet, type VaultStores } from './stores.ts';
import { Turns } from './turns.ts';
import { useOf, verifyGroup } from './upkeep.ts';
import { Views } from './views.ts';
import { writeSourcesOf } from './write-sources.ts';

export interface EngineOptions {
  readonly stores: VaultStores;
  /** The merge operator. */
  readonly rules: UpdateRules;
  readonly log: VaultLog;
  /** Nothing is folded, collected or changed: a store that is only read. */
  readonly readOnly: boolean;
  /** Folds, takes snapshots and keeps the store in shape by itself; default true. */
  readonly automatic?: boolean;
  /** Moments that were promised before. */
  readonly holds?: readonly Hold[];
  /** Of changes that a fold gathers in memory before they become runs; default 64 MiB. */
  readonly heldBytes?: number;
  /** Releases the files after everything has ended. */
  readonly onClose: () => Promise<void> | void;
}

interface Parts extends Omit<EngineOptions, 'holds'> {
  readonly turns: Turns;
  readonly views: Views;
  readonly holds: Holds;
  readonly background: Background;
}

/** The vault: VaultService over its stores. What one set is asked goes in turns, sets go on beside each other. */
export function createEngine(options: EngineOptions): VaultService {
  const { stores, rules, log, readOnly, automatic = true, onClose } = options;
  const turns = new Turns();
  const views = new Views(stores, rules);
  const holds = new Holds(options.holds ?? []);
  const background = new Background({
    ...{ stores, views, holds, turns, log },
    folder: new Folder(stores, rules, options.heldBytes),
    compactor: new Compactor(stores, rules, () => views.areRead),
  });
  if (automatic && !readOnly) background.start();
  const parts = { ...options, turns, views, holds, background };
  const rates = new ScanRates(stores.clock);
  const tallies = new ScanTallies(stores.metadata);
  return {
    ...setMethods(parts, rates, tallies),
    ...captureMethods(parts, rates, tallies),
    ...snapshotMethods(parts),
    ...readMethods(parts),
    async close() {
      await background.stop();
      views.closeAll();
      await turns.idle();
      await onClose();
    },
  };
}

type Change = <T>(replicaSetId: string, work: () => T | Promise<T>) => Promise<T>;

function changesOf({ turns, readOnly }: Parts, line: string): Change {
  return (replicaSetId, work) => {
    if (!readOnly) return turns.take(`${line} ${replicaSetId}`, async () => work());
    return Promise.reject(new AppError('FORBIDDEN', 'the backup store was opened to be read only'));
  };
}

type SetMethods = Pick<
  VaultService,
  'sets' | 'set' | 'blockKey' | 'start' | 'configure' | 'stop' | 'terminate' | 'requestScan' | 'markLost'
>;

function setMethods(parts: Parts, rates: ScanRates, tallies: ScanTallies): SetMethods {
  const { stores } = parts;
  const { metadata } = stores;
  const changing = changesOf(parts, 'set');
  const sets = new SetBook(stores);
  const view = new SetView(stores, new ScanBook(stores), rates, tallies);
  return {
    async sets(groupId) {
      const mine = metadata.sets().filter((set) => set.groupId === groupId);
      return Promise.all(mine.map((set) => view.of(set)));
    },
    async set(groupId, replicaSetId) {
      const set = findSet(metadata, groupId, replicaSetId);
      return set === undefined ? undefined : view.of(set);
    },
    blockKey: async (groupId) => (await stores.group(groupId)).blockKey,
    start: (groupId, id, name, settings) => changing(id, () => sets.start(groupId, id, name, settings)),
    configure: (groupId, id, settings) => changing(id, () => sets.configure(groupId, id, settings)),
    stop: (groupId, id) => changing(id, () => sets.stop(groupId, id)),
    terminate: (groupId, id, deleteAtMs) => changing(id, () => sets.terminate(groupId, id, deleteAtMs)),
    requestScan: (groupId, id, kind) => changing(id, () => sets.requestScan(groupId, id, kind)),
    markLost: (groupId, id, code, message) => changing(id, () => sets.markLost(groupId, id, code, message)),
  };
}

type CaptureMethods = Pick<
  VaultService,
  'scanState' | 'beginScan' | 'planScan' | 'addBlocks' | 'have' | 'finishScan' | 'appendSlices'
>;

function captureMethods(parts: Parts, rates: ScanRates, tallies: ScanTallies): CaptureMethods {
  const { stores, background } = parts;
  const changing = changesOf(parts, 'set');
  // Slices have a line of their own: they do not wait for blocks.
  const appending = changesOf(parts, 'slices');
  const scans = new ScanBook(stores);
  const ingest = new ScanIngest(stores, scans, tallies);
  return {
    scanState: async (groupId, replicaSetId) => scans.state(groupId, replicaSetId),
    beginScan: (groupId, request) => changing(request.replicaSetId, () => scans.begin(groupId, request)),
    planScan: (groupId, request) => changing(request.replicaSetId, () => scans.plan(groupId, request)),
    addBlocks: (groupId, head, blocks) =>
      changing(head.replicaSetId, async () => {
        const added = await ingest.addBlocks(groupId, head, blocks);
        rates.add(
          head.scanId,
          head.pieces.reduce((sum, { bytes }) => sum + bytes, 0),
        );
        return added;
      }),
    have: (groupId, request) => changing(request.replicaSetId, () => ingest.have(groupId, request)),
    finishScan: async (groupId, request) => {
      await changing(request.replicaSetId, () => scans.finish(groupId, request));
      rates.forget(request.scanId);
      background.wake(request.replicaSetId);
    },
    appendSlices: (groupId, head, frames) =>
      appending(head.replicaSetId, async () => {
        const answer = await appendSlices(stores, groupId, head, frames);
        const weights = head.slices.map(({ contentBytes, entries }) => foldWeight(contentBytes, entries));
        background.arrived(
          head.replicaSetId,
          weights.reduce((sum, weight) => sum + weight, 0),
        );
        return answer;
      }),
  };
}

type SnapshotMethods = Pick<
  VaultService,
  'snapshots' | 'takeSnapshot' | 'deleteSnapshot' | 'timeline' | 'writeSources'
>;

function snapshotMethods(parts: Parts): SnapshotMethods {
  const { stores, background } = parts;
  const { metadata } = stores;
  const changing = changesOf(parts, 'set');
  const list = (groupId: string, id: string) => listSnapshots(stores, requireSet(metadata, groupId, id));
  return {
    snapshots: async (groupId, id) => list(groupId, id),
    takeSnapshot: async (groupId, id) => {
      requireSet(metadata, groupId, id);
      const taken = await changesOf(parts, 'snapshot')(id, () => background.takeSnapshot(id));
      const found = list(groupId, id).find((one) => one.id === taken.id);
      if (found === undefined) throw new AppError('NOT_FOUND', `the snapshot ${taken.id} was deleted at once`);
      return found;
    },
    deleteSnapshot: (groupId, id, snapshotId) =>
      changing(id, () => {
        if (!list(groupId, id).some((snapshot) => snapshot.id === snapshotId))
          throw new AppError('NOT_FOUND', `there is no snapshot ${snapshotId}`);
        metadata.removeSnapshots(id, [snapshotId]);
      }),
    timeline: async (groupId, id) => timelineOf(stores, requireSet(metadata, groupId, id)),
    writeSources: async (groupId, id, fromMs, untilMs) => {
      requireSet(metadata, groupId, id);
      return writeSourcesOf(metadata, id, fromMs, untilMs);
    },
  };
}

type ReadMethods = Pick<
  VaultService,
  | 'hold'
  | 'openView'
  | 'readView'
  | 'findByKey'
  | 'closeView'
  | 'history'
  | 'verify'
  | 'checkSnapshot'
  | 'checkProgress'
  | 'use'
>;

function readMethods({ stores, views, holds, background, rules }: Parts): ReadMethods {
  const { metadata, clock } = stores;
  const checks = new Map<string, CheckProgress>();
  return {
    hold: async (groupId, id, at, untilMs) => {
      const { replicaSetId } = requireSet(metadata, groupId, id);
      const ts = momentTs(metadata, replicaSetId, at);
      holds.add({ replicaSetId, ts, untilMs }, clock.now());
      return ts;
    },
    openView: (groupId, id, at, options) => views.open(groupId, id, at, options),
    readView: (viewId, uuid, afterKey, maxBytes) => views.read(viewId, uuid, afterKey, maxBytes),
    findByKey: (viewId, uuid, key) => views.findByKey(viewId, uuid, key),
    closeView: async (viewId) => views.close(viewId),
    history: async (groupId, id, namespace, key, limit) => {
      const query = { namespace, key, limit, rules, signal: background.signal };
      return views.whileReading(() => historyOf(stores, requireSet(metadata, groupId, id), query));
    },
    verify: (groupId, id) => verifyGroup(stores, groupId, id, background.signal),
    checkSnapshot: async (groupId, id, snapshotId) => {
      const tell = (now: CheckProgress): void => void checks.set(`${groupId}/${id}`, now);
      try {
        return await checkSnapshot(views, groupId, id, snapshotId, tell, background.signal);
      } finally {
        checks.delete(`${groupId}/${id}`);
      }
    },
    checkProgress: async (groupId, id) => checks.get(`${groupId}/${id}`) ?? null,
    use: (groupId) => useOf(stores, groupId),
  };
}
