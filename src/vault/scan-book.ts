import { AppError } from '../runtime/errors.ts';
import type {
  ScanBeginRequest,
  ScanFinishRequest,
  ScanPart,
  ScanPlanRequest,
  ScanState,
} from '../wire/backup-messages.ts';
import type { ScanCollection, StoredScan } from './metadata-ports.ts';
import { checkScanRuns } from './scan-runs.ts';
import { requireSet, type VaultStores } from './stores.ts';
import { optimeMessageOf, optimeOf } from './wire-optime.ts';

/** How far the reads of the source are: begun, planned, finished. All of it may be told again after a crash. */
export class ScanBook {
  readonly #stores: VaultStores;

  constructor(stores: VaultStores) {
    this.#stores = stores;
  }

  /** The scan that an agent is to begin or to go on with. */
  open(replicaSetId: string): StoredScan | undefined {
    return this.#stores.metadata.scans(replicaSetId).find((scan) => scan.state === 'open');
  }

  /** Without its parts, of which there may be very many. */
  headOf(scan: StoredScan): ScanState {
    return {
      scanId: scan.scanId,
      kind: scan.kind,
      only: scan.only === null ? null : [...scan.only],
      from: scan.from === null ? null : optimeMessageOf(scan.from),
      parts: [],
      planned: scan.planned,
    };
  }

  stateOf(scan: StoredScan): ScanState {
    return { ...this.headOf(scan), parts: scan.planned ? [...this.#stores.metadata.parts(scan.scanId)] : [] };
  }

  /** The open scan with its parts; null: there is none. @throws NOT_FOUND for a set that is not here */
  state(groupId: string, replicaSetId: string): ScanState | null {
    requireSet(this.#stores.metadata, groupId, replicaSetId);
    const scan = this.open(replicaSetId);
    return scan === undefined ? null : this.stateOf(scan);
  }

  begin(groupId: string, request: ScanBeginRequest): ScanState {
    const scan = this.require(groupId, request.replicaSetId, request.scanId);
    const from = optimeOf(request.from);
    if (scan.from !== null) {
      if (scan.from.ts !== from.ts)
        throw new AppError(
          'CONFLICT',
          `the scan ${scan.scanId} was begun at ${optimeMessageOf(scan.from).ts}, not at ${request.from.ts}`,
        );
      return this.stateOf(scan);
    }
    const begun = { ...scan, from, startedAtMs: this.#stores.clock.now() };
    this.#stores.metadata.saveScan(begun);
    return this.stateOf(begun);
  }

  plan(groupId: string, request: ScanPlanRequest): ScanState {
    const scan = this.require(groupId, request.replicaSetId, request.scanId);
    if (scan.from === null) throw new AppError('CONFLICT', `the scan ${scan.scanId} was not begun`);
    if (scan.planned) return this.stateOf(scan);
    const planned = { ...scan, planned: request.last };
    const known = this.#complete(scan);
    const collections = request.collections.filter(({ uuid }) => !known.has(uuid)).map(collectionOf);
    const parts = request.parts.filter(({ uuid }) => !known.has(uuid)).map(freshPart);
    this.#stores.metadata.addPlan(planned, collections, parts);
    if (request.last) this.#checkPlan(scan.scanId);
    return this.stateOf(planned);
  }

  /** @throws CONFLICT when a part is not done, FORMAT_INVALID when parts overlap */
  finish(groupId: string, request: ScanFinishRequest): void {
    const { metadata } = this.#stores;
    const set = requireSet(metadata, groupId, request.replicaSetId);
    const scan = metadata.scans(set.replicaSetId).find((known) => known.scanId === request.scanId);
    if (scan === undefined) throw unknownScan(request.scanId);
    if (scan.state !== 'open' && scan.state !== 'given up') return;
    if (scan.state !== 'open' || scan.from === null || !scan.planned)
      throw new AppError('CONFLICT', `the scan ${scan.scanId} is ${scan.state} and cannot be finished`);
    const waiting = metadata.parts(scan.scanId).find((part) => !part.done);
    if (waiting !== undefined)
      throw new AppError('CONFLICT', `part ${waiting.part} of collection ${waiting.uuid} is not done`);
    const until = optimeOf(request.until);
    if (until.ts < scan.from.ts)
      throw new AppError('INPUT_INVALID', `the scan ends at ${request.until.ts}, before it began`);
    for (const { info } of metadata.scanCollections(scan.scanId)) checkScanRuns(metadata, scan.scanId, info);
    metadata.saveScan({ ...scan, until, state: 'finished' });
  }

  /** The open scan with this id. @throws NOT_FOUND */
  require(groupId: string, replicaSetId: string, scanId: string): StoredScan {
    requireSet(this.#stores.metadata, groupId, replicaSetId);
    const scan = this.open(replicaSetId);
    if (scan?.scanId !== scanId) throw unknownScan(scanId);
    return scan;
  }

  /** A scan of single collections leaves those alone that are all there. */
  #complete({ kind, replicaSetId }: StoredScan): ReadonlySet<string> {
    const { metadata } = this.#stores;
    const newest = kind === 'collections' ? metadata.newestPoint(replicaSetId) : null;
    if (newest === null) return new Set();
    const complete = metadata.collectionsAt(replicaSetId, newest.optime.ts).filter(({ incomplete }) => !incomplete);
    return new Set(complete.map(({ info }) => info.uuid));
  }

  #checkPlan(scanId: string): void {
    const known = new Set(this.#stores.metadata.scanCollections(scanId).map(({ info }) => info.uuid));
    const stray = this.#stores.metadata.parts(scanId).find((part) => !known.has(part.uuid));
    if (stray !== undefined)
      throw new AppError('INPUT_INVALID', `the plan has a part of collection ${stray.uuid} but not the collection`);
  }
}

function unknownScan(scanId: string): AppError {
  return new AppError('NOT_FOUND', `there is no open scan ${scanId}`, {
    hint: 'It was finished or another one was asked for; the next tasks say which.',
  });
}

function collectionOf(plan: ScanPlanRequest['collections'][number]): ScanCollection {
  const { uuid, database, name, type, capped, temporary, documents, bytes } = plan;
  const options = Buffer.from(plan.options, 'base64');
  const indexes = plan.indexes.map((index) => Buffer.from(index, 'base64'));
  return { info: { uuid, database, name, type, options, indexes, capped, temporary }, documents, bytes };
}

function freshPart(part: ScanPlanRequest['parts'][number]): ScanPart {
  return { ...part, after: null, next: 0, done: false, documents: 0, bytes: 0 };
}
