import { timestampMs } from '../model/optime.ts';
import { type AddWrite, WriteScan } from '../oplog/write-scan.ts';
import type { StoredWrites } from './metadata-ports.ts';

/** Width of a bucket of write sources. */
export const writeBucketMs = 5 * 60_000;
/** More namespaces than this in one fold are counted together, under this name. */
const mostNamespaces = 5000;
export const otherNamespaces = '(others)';

/** Counts what each namespace writes to the oplog, by bucket of time. */
export class WriteCounter {
  readonly #scan = new WriteScan();
  readonly #onWrite: AddWrite = (ts, namespace, bytes) => {
    const ms = timestampMs(ts);
    this.#add(namespace, ms - (ms % writeBucketMs), bytes);
  };
  readonly #counts = new Map<string, { bytes: number; operations: number; bucketMs: number; namespace: string }>();

  entry(entry: Buffer): void {
    this.#scan.writes(entry, this.#onWrite);
  }

  #add(namespace: string, bucketMs: number, bytes: number): void {
    const name = `${bucketMs}:${namespace}`;
    const known = this.#counts.get(name);
    if (known !== undefined) {
      known.bytes += bytes;
      known.operations++;
    } else if (this.#counts.size >= mostNamespaces && namespace !== otherNamespaces)
      this.#add(otherNamespaces, bucketMs, bytes);
    else this.#counts.set(name, { bytes, operations: 1, bucketMs, namespace });
  }

  counts(): readonly StoredWrites[] {
    return [...this.#counts.values()];
  }
}
