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

/** Everything at a place in the oplog at which no transaction is open: from here a fold goes on. */
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
  point: { readonly replicaSetId: string; readonly optime: Optime },
): FoldState {
  return stateOf(point.optime, metadata.collectionsAt(point.replicaSetId, point.optime.ts), holder());
}

/** `hold`: where operations of open transactions are kept. */
export function stateOf(optime: Optime, collections: readonly CollectionRuns[], hold: HoldOperations): FoldState {
  return {
    optime,
    catalog: new Catalog(collections.map(({ info }) => info)),
    reader: new OplogReader({ hold, drainAbove, maxHeldBytes }),
    runs: new Map(collections.map(({ info, runs }) => [info.uuid, runs])),
    incomplete: new Set(collections.filter(({ incomplete }) => incomplete).map(({ info }) => info.uuid)),
  };
}

export function namespaceOf({ database, name }: CollectionInfo): string {
  return `${database}.${name}`;
}
