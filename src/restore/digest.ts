import { createHash, type Hash, hash } from 'node:crypto';
import { documentEnd } from '../model/bson-walk.ts';
import { exactValue } from './exact-bson.ts';

/**
 * What a collection's documents come to, the same on both sides of a restore. `id` and `natural`: SHA-256 of the raw documents one
 * after another in that order, cut into stretches so that they can be read back side by side and a difference has a place.
 * `any`: the sum, modulo 2^256, of the SHA-256 of each document: where the two sides have no order in common.
 */
export type DigestOrder = 'id' | 'natural' | 'any';

export interface Stretch {
  /** `_id` of its first document, as a value that the driver sends exactly (null is one); undefined: the collection's beginning. */
  readonly from: unknown;
  readonly documents: number;
  readonly bytes: number;
  readonly digest: Buffer;
}

export interface CollectionDigest {
  readonly order: DigestOrder;
  readonly documents: number;
  readonly bytes: number;
  /** Hex; of several stretches the SHA-256 of their digests. */
  readonly digest: string;
  readonly stretches: readonly Stretch[];
}

const stretchBytes = 64 * 2 ** 20;

/** Takes raw documents, some at a time, and answers their digest. */
export class DigestWriter {
  readonly #order: DigestOrder;
  readonly #stretchBytes: number;
  readonly #stretches: Stretch[] = [];
  #from: unknown = undefined;
  #documents = 0;
  #bytes = 0;
  #hash: Hash = createHash('sha256');
  #sum = 0n;

  constructor(order: DigestOrder, longest = stretchBytes) {
    this.#order = order;
    this.#stretchBytes = longest;
  }

  /** `bytes` holds `count` documents one after another. */
  add(bytes: Buffer, count: number): void {
    if (this.#order === 'id' && this.#bytes >= this.#stretchBytes) this.#beginStretch(bytes);
    this.#documents += count;
    this.#bytes += bytes.length;
    if (this.#order === 'any') this.#addToSum(bytes);
    else this.#hash.update(bytes);
  }

  finish(): CollectionDigest {
    this.#closeStretch();
    return joinStretches(this.#order, this.#stretches);
  }

  /** An `_id` that cannot be sent exactly is no place to cut at: the stretch goes on. */
  #beginStretch(bytes: Buffer): void {
    const from = exactValue(bytes.subarray(0, documentEnd(bytes, 0, bytes.length)), '_id');
    if (from === undefined) return;
    this.#closeStretch();
    this.#from = from;
  }

  #closeStretch(): void {
    const digest =
      this.#order === 'any' ? Buffer.from(this.#sum.toString(16).padStart(64, '0'), 'hex') : this.#hash.digest();
    this.#stretches.push({ from: this.#from, documents: this.#documents, bytes: this.#bytes, digest });
    this.#documents = 0;
    this.#bytes = 0;
    this.#hash = createHash('sha256');
  }

  #addToSum(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; ) {
      const end = documentEnd(bytes, at, bytes.length);
      const one = hash('sha256', bytes.subarray(at, end), 'hex');
      this.#sum = BigInt.asUintN(256, this.#sum + BigInt(`0x${one}`));
      at = end;
    }
  }
}

/** The digest of a collection from its stretches, in order. */
export function joinStretches(order: DigestOrder, stretches: readonly Stretch[]): CollectionDigest {
  const digests = stretches.map(({ digest }) => digest);
  const whole = digests.length === 1 ? digests[0] : createHash('sha256').update(Buffer.concat(digests)).digest();
  return {
    order,
    documents: stretches.reduce((sum, { documents }) => sum + documents, 0),
    bytes: stretches.reduce((sum, { bytes }) => sum + bytes, 0),
    digest: whole?.toString('hex') ?? '',
    stretches,
  };
}
