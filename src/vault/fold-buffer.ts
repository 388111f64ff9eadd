import type { JoinUpdates, RunEntry, RunUpdate, UpdateRules } from '../blocks/ports.ts';
import type { DocumentChange } from '../model/collection.ts';
import type { Growth } from './ports.ts';
import { sortKeys } from './sort-keys.ts';

/** What a document is before the changes that are gathered; undefined: it is not there. */
export interface BaseDocument {
  readonly document: Buffer;
  readonly sequence?: Buffer;
}
export type LookBase = (key: Buffer) => Promise<BaseDocument | undefined>;

export interface FoldBufferOptions {
  readonly rules: UpdateRules;
  /** Changes before a scan's end: what they would update may be missing. */
  readonly lenient: boolean;
  /** Puts get a place in natural order. */
  readonly capped: boolean;
  readonly base: LookBase;
}

/** All that happened to one document. */
interface KeyFold {
  readonly key: Buffer;
  /** There was a document before the first of these changes. */
  readonly wasThere: boolean;
  kind: RunEntry['kind'];
  document: Buffer | undefined;
  sequence: Buffer | undefined;
  updates: RunUpdate[];
  updateBytes: number;
}

/** A list of updates longer than this, or larger than this and than the document, is joined or applied while folding. */
const maxUpdates = 64;
const maxUpdateBytes = 16 * 1024;

/**
 * Gathers the changes of one collection by key, in the order of the oplog. What it holds shares memory with the slices. Call `settle` now
 * and then: documents with long lists of updates are waited for there.
 */
export class FoldBuffer {
  readonly #options: FoldBufferOptions;
  readonly #keys = new Map<string, KeyFold>();
  readonly #hot = new Set<KeyFold>();

  constructor(options: FoldBufferOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#keys.size;
  }

  add(change: DocumentChange): void {
    const name = change.key.toString('latin1');
    let fold = this.#keys.get(name);
    if (fold === undefined) {
      const wasThere = change.kind !== 'put' || change.replaces === true;
      const nothing = { document: undefined, sequence: undefined, updates: [], updateBytes: 0 };
      fold = { key: change.key, wasThere, kind: 'update', ...nothing };
      this.#keys.set(name, fold);
    }
    if (change.kind === 'update') this.#update(fold, change);
    else if (change.kind === 'delete') setTo(fold, 'delete', undefined, undefined);
    else setTo(fold, 'put', change.body, this.#placeOf(fold, change));
  }

  /** Joins the long lists of hot documents, or applies them to what is stored: they go on as one document each. */
  async settle(): Promise<void> {
    for (const fold of this.#hot) {
      this.#hot.delete(fold);
      if (fold.kind === 'update' && isLong(fold)) await this.#resolve(fold);
    }
  }

  /** Everything before is gone (emptycapped). */
  clear(): void {
    this.#keys.clear();
    this.#hot.clear();
  }

  /** What became more and less, where the changes tell. */
  get growth(): Growth | null {
    const { lenient, capped } = this.#options;
    if (lenient || capped) return null;
    const growth = { added: 0, addedBytes: 0, removed: 0 };
    for (const { wasThere, kind, document } of this.#keys.values()) {
      if (kind === 'delete' && wasThere) growth.removed++;
      if (kind !== 'put' || wasThere) continue;
      growth.added++;
      growth.addedBytes += document?.length ?? 0;
    }
    return growth;
  }

  /** In the order of the keys. */
  async *entries(): AsyncGenerator<RunEntry, void, void> {
    for (const name of await sortKeys([...this.#keys.keys()])) {
      const fold = this.#keys.get(name);
      if (fold !== undefined) yield entryOf(fold, this.#options.rules.join);
    }
  }

  /** Place in natural order. Of a replacement it is that of what was there: known here, or found by the merge. */
  #placeOf(fold: KeyFold, change: DocumentChange): Buffer | undefined {
    if (!this.#options.capped) return undefined;
    return change.replaces === true ? fold.sequence : sequenceOf(change);
  }

  #update(fold: KeyFold, change: DocumentChange): void {
    const update: RunUpdate = { update: change.body, upsert: change.upsert === true };
    const { rules, lenient, capped } = this.#options;
    if (fold.kind === 'update') {
      fold.updates.push(update);
      fold.updateBytes += change.body.length;
      if (isLong(fold)) this.#hot.add(fold);
      return;
    }
    const document = rules.apply(fold.kind === 'put' ? fold.document : undefined, [update], lenient);
    if (document === undefined) return;
    if (fold.kind === 'delete' && capped) fold.sequence = sequenceOf(change);
    fold.kind = 'put';
    fold.document = document;
  }

  async #resolve(fold: KeyFold): Promise<void> {
    const { rules, lenient, capped } = this.#options;
    fold.updates = [...rules.join(fold.updates)];
    fold.updateBytes = fold.updates.reduce((sum, { update }) => sum + update.length, 0);
    if (!isLong(fold)) return;
    const base = await this.#options.base(fold.key);
    // A large document with a short list is cheaper as a list.
    if (base !== undefined && fold.updates.length <= maxUpdates && fold.updateBytes < base.document.length) return;
    const document = rules.apply(base?.document, fold.updates, lenient);
    setTo(fold, document === undefined ? 'delete' : 'put', document, capped ? base?.sequence : undefined);
  }
}

function isLong({ updates, updateBytes }: KeyFold): boolean {
  return updates.length > 1 && (updates.length > maxUpdates || updateBytes > maxUpdateBytes);
}

function setTo(fold: KeyFold, kind: KeyFold['kind'], document: Buffer | undefined, sequence: Buffer | undefined): void {
  fold.kind = kind;
  fold.document = document;
  fold.sequence = sequence;
  if (fold.updates.length > 0) fold.updates = [];
  fold.updateBytes = 0;
}

/** Timestamp and place inside of it: docs/formats/block.md. */
function sequenceOf(change: DocumentChange): Buffer {
  const sequence = Buffer.alloc(12);
  sequence.writeBigUInt64BE(change.ts, 0);
  sequence.writeUInt32BE(change.index, 8);
  return sequence;
}

function entryOf(fold: KeyFold, join: JoinUpdates): RunEntry {
  const { key, kind, document, sequence, updates } = fold;
  if (kind === 'delete' || (kind === 'put' && document === undefined)) return { kind: 'delete', key };
  if (kind === 'update') return { kind, key, updates: join(updates) };
  return { kind, key, document: document ?? key, ...(sequence === undefined ? {} : { sequence }) };
}
