import { elementType, findElement } from '../model/bson-walk.ts';
import { timestampMs } from '../model/optime.ts';
import type { StoredWrites } from './metadata-ports.ts';

/** Width of a bucket of write sources. */
export const writeBucketMs = 5 * 60_000;
/** More namespaces than this in one fold are counted together. */
const mostNamespaces = 5000;
const nsName = Buffer.from('ns');
const tsName = Buffer.from('ts');
const opName = Buffer.from('op');
const noOp = 0x6e;

/** Counts what each namespace writes to the oplog, by bucket of time. */
export class WriteCounter {
  readonly #counts = new Map<string, { bytes: number; operations: number; bucketMs: number; namespace: string }>();

  entry(entry: Buffer): void {
    const opAt = findElement(entry, 0, entry.length, opName);
    if (opAt < 0 || entry[opAt + 1 + 3 + 4] === noOp) return;
    const tsAt = findElement(entry, 0, entry.length, tsName);
    const nsAt = findElement(entry, 0, entry.length, nsName);
    if (tsAt < 0 || nsAt < 0 || entry[nsAt] !== elementType.string) return;
    const length = entry.readInt32LE(nsAt + 4);
    const namespace = entry.toString('utf8', nsAt + 8, nsAt + 8 + length - 1);
    const ms = timestampMs(entry.readBigUInt64LE(tsAt + 4));
    this.#add(namespace, ms - (ms % writeBucketMs), entry.length);
  }

  #add(namespace: string, bucketMs: number, bytes: number): void {
    const name = `${bucketMs}:${namespace}`;
    const known = this.#counts.get(name);
    if (known !== undefined) {
      known.bytes += bytes;
      known.operations++;
    } else if (this.#counts.size >= mostNamespaces && namespace !== '(others)') this.#add('(others)', bucketMs, bytes);
    else this.#counts.set(name, { bytes, operations: 1, bucketMs, namespace });
  }

  counts(): readonly StoredWrites[] {
    return [...this.#counts.values()];
  }
}
