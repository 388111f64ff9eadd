import type { CollectionInfo } from '../model/collection.ts';
import type { Optime } from '../model/optime.ts';
import { Catalog } from '../oplog/catalog.ts';
import { OplogReader } from '../oplog/oplog-reader.ts';
import type { VaultMetadata } from './metadata-ports.ts';
import type { CollectionRuns, PointRun } from './ports.ts';

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
  metadata: VaultMetadata,
  point: { readonly id: string; readonly replicaSetId: string; readonly optime: Optime },
): FoldState {
  const saved = metadata.pointState(point.id);
  return stateOf(point.optime, metadata.collectionsAt(point.replicaSetId, point.optime.ts), saved);
}

export function stateOf(optime: Optime, collections: readonly CollectionRuns[], saved: Buffer | null): FoldState {
  return {
    optime,
    catalog: new Catalog(collections.map(({ info }) => info)),
    reader: saved === null || saved.length === 0 ? new OplogReader() : OplogReader.load(saved),
    runs: new Map(collections.map(({ info, runs }) => [info.uuid, runs])),
    incomplete: new Set(collections.filter(({ incomplete }) => incomplete).map(({ info }) => info.uuid)),
  };
}

export function namespaceOf({ database, name }: CollectionInfo): string {
  return `${database}.${name}`;
}
