import type { ScanProgress } from '../wire/api/backups.ts';
import type { ScanPart } from '../wire/backup-messages.ts';
import { namespaceOf } from './fold-state.ts';
import type { StoredPiece, VaultMetadata } from './metadata-ports.ts';

type Sums = Pick<
  ScanProgress,
  'documents' | 'bytes' | 'allDocuments' | 'allBytes' | 'allCollections' | 'doneCollections' | 'collections'
>;
type Part = Pick<ScanPart, 'documents' | 'bytes' | 'done'>;

interface Collection {
  readonly namespace: string;
  readonly expectedDocuments: number;
  readonly expectedBytes: number;
  readonly parts: Map<number, Part>;
}
interface Tally {
  readonly scanId: string;
  readonly collections: ReadonlyMap<string, Collection>;
}

/** Collections that are told of one by one. */
const mostCollections = 200;

/** How far scans are: read from the store once, then kept as pieces come, for it is asked every second, of very many collections too. */
export class ScanTallies {
  readonly #metadata: VaultMetadata;
  readonly #bySet = new Map<string, Tally>();

  constructor(metadata: VaultMetadata) {
    this.#metadata = metadata;
  }

  /** Pieces that are durable. */
  add(replicaSetId: string, scanId: string, pieces: readonly StoredPiece[]): void {
    const tally = this.#bySet.get(replicaSetId);
    if (tally?.scanId !== scanId) return;
    for (const { uuid, part, restart, done, documents, bytes } of pieces) {
      const parts = tally.collections.get(uuid)?.parts;
      const before = restart ? undefined : parts?.get(part);
      parts?.set(part, {
        done,
        documents: documents + (before?.documents ?? 0),
        bytes: bytes + (before?.bytes ?? 0),
      });
    }
  }

  /** Of a scan that is planned. */
  sums(replicaSetId: string, scanId: string): Sums {
    let tally = this.#bySet.get(replicaSetId);
    if (tally?.scanId !== scanId) {
      tally = this.#read(scanId);
      this.#bySet.set(replicaSetId, tally);
    }
    return sumsOf(tally);
  }

  forget(replicaSetId: string): void {
    this.#bySet.delete(replicaSetId);
  }

  #read(scanId: string): Tally {
    const parts = Map.groupBy(this.#metadata.parts(scanId), ({ uuid }) => uuid);
    const collections = this.#metadata.scanCollections(scanId).map(({ info, documents, bytes }) => {
      const mine = (parts.get(info.uuid) ?? []).map((part): [number, Part] => [part.part, part]);
      const one = { expectedDocuments: documents, expectedBytes: bytes, parts: new Map(mine) };
      return [info.uuid, { namespace: namespaceOf(info), ...one }] as const;
    });
    return { scanId, collections: new Map(collections) };
  }
}

function sumsOf({ collections }: Tally): Sums {
  const sums = { documents: 0, bytes: 0, allDocuments: 0, allBytes: 0, allCollections: 0, doneCollections: 0 };
  const rows = [...collections.values()].map((collection) => {
    let [documents, bytes, done] = [0, 0, true];
    for (const part of collection.parts.values()) {
      documents += part.documents;
      bytes += part.bytes;
      done &&= part.done;
    }
    const allBytes = Math.max(collection.expectedBytes, bytes);
    sums.documents += documents;
    sums.bytes += bytes;
    sums.allDocuments += Math.max(collection.expectedDocuments, documents);
    sums.allBytes += allBytes;
    sums.allCollections++;
    if (done) sums.doneCollections++;
    return { namespace: collection.namespace, documents, bytes, allBytes, done };
  });
  const first =
    rows.length > mostCollections ? rows.sort((a, b) => rank(a) - rank(b) || b.allBytes - a.allBytes) : rows;
  return { ...sums, collections: first.slice(0, mostCollections) };
}

/** Those under way, those that wait, those that are done. */
function rank({ done, bytes }: ScanProgress['collections'][number]): number {
  if (done) return 2;
  return bytes > 0 ? 0 : 1;
}
