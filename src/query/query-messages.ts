import type { PlainError } from '../runtime/plain-error.ts';
import type { Sort } from './best.ts';
import type { Series } from './series/series-fields.ts';

/** What a thread looks for, as it was typed: Extended JSON. */
export interface QueryWords {
  readonly filter: Readonly<Record<string, unknown>>;
  /** all: whatever fits is answered at once, block by block. Else the thread keeps the first ones, or the best of a sort. */
  readonly keep: 'all' | { readonly sort: Sort | undefined; readonly limit: number };
  /** The blocks hold buckets of this time series: its measurements are compared. */
  readonly series?: Series | undefined;
}

/** Documents that fit, as the content of a block packed again (docs/formats/block.md). */
export interface Fitting {
  readonly stored: Uint8Array;
  readonly documents: number;
  readonly contentBytes: number;
  /** Buckets hold more than is answered at once: the key of the last one that is. What follows has to be asked for again. Null: all of the block. */
  readonly upTo: Uint8Array | null;
}

/** One is answered before the next one comes. */
export type ToQueryThread =
  | { readonly kind: 'begin'; readonly query: QueryWords }
  /** A block that holds documents alone, as it is stored. */
  | { readonly kind: 'block'; readonly stored: Uint8Array }
  | { readonly kind: 'document'; readonly bytes: Uint8Array }
  | { readonly kind: 'end' };

export type FromQueryThread =
  | { readonly kind: 'begun' }
  /** isFull: what follows changes nothing. */
  | { readonly kind: 'looked'; readonly scanned: number; readonly isFull: boolean; readonly fitting: Fitting | null }
  | { readonly kind: 'ended'; readonly documents: readonly Uint8Array[]; readonly more: boolean }
  | { readonly kind: 'failed'; readonly error: PlainError };
