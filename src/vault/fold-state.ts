import type { CollectionInfo } from '../model/collection.ts';
import type { Optime } from '../model/optime.ts';
import { Catalog } from '../oplog/catalog.ts';
import type { HoldOperations } from '../oplog/held-operations.ts';
import { OplogReader } from '../oplog/oplog-reader.ts';
import type { CollectionRuns, PointRun } from './ports.ts';
import type { VaultStores } from './stores.ts';

/** Operations of one transaction that are emitted at once. */
const drainAbove = 16 * 2 ** 20;
/** Of all that are open at one time; they are on disk. */
const maxHeldBytes = 16 * 1024 ** 3;

/** Everything at a place in the oplog: from here a fold goes on. */
export interface FoldState {
  readonly optime: Optime;
  readonly catalog: Catalog;
  readonly reader: OplogReader;
  /** Runs of each collection of the catalog, oldest first. */
  readonly runs: ReadonlyMap<string, readonly PointRun[]>;
  /** Collections whose documents are not all there: excluded, or still being copied. */
  readonly incomplete: ReadonlySet<string>;
}

export function stateAt(
  { metadata, holder }: Pick<VaultStores, 'metadata' | 'holder'>,
  point: { readonly id: string; readonly replicaSetId: string; readonly optime: Optime },
): FoldState {
  const saved = metadata.pointState(point.id);
  return stateOf(point.optime, metadata.collectionsAt(point.replicaSetId, point.optime.ts), saved, holder());
}

/** `hold`: where operations of open transactions are kept. */
export function stateOf(
  optime: Optime,
  collections: readonly CollectionRuns[],
  saved: Buffer | null,
  hold: HoldOperations,
): FoldState {
  const options = { hold, drainAbove, maxHeldBytes };
  return {
    optime,
    catalog: new Catalog(collections.map(({ info }) => info)),
    reader: saved === null || saved.length === 0 ? new OplogReader(options) : OplogReader.load(saved, options),
    runs: new Map(collections.map(({ info, runs }) => [info.uuid, runs])),
    incomplete: new Set(collections.filter(({ incomplete }) => incomplete).map(({ info }) => info.uuid)),
  };
}

export function namespaceOf({ database, name }: CollectionInfo): string {
  return `${database}.${name}`;
}
