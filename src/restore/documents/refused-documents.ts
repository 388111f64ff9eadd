import { AppError } from '../../runtime/errors.ts';
import { keyText } from './existing.ts';

/** A document that the target did not take, and why. */
export interface RefusedDocument {
  readonly document: Buffer;
  readonly reason: string;
}
export interface WrittenBatch {
  /** They stay as the target has them. */
  readonly kept: readonly Buffer[];
  readonly refused: readonly RefusedDocument[];
}

const mostRefused = 1000;

/** Documents that were refused, by key. @throws TARGET_REFUSED when there are so many that something else is wrong */
export class RefusedDocuments {
  readonly #reasons = new Map<string, RefusedDocument>();
  readonly #keyOf: (document: Buffer) => string;

  constructor(keyOf = keyText) {
    this.#keyOf = keyOf;
  }

  add(to: string, refused: readonly RefusedDocument[]): void {
    for (const one of refused) this.#reasons.set(this.#keyOf(one.document), one);
    if (this.#reasons.size <= mostRefused) return;
    throw new AppError('TARGET_REFUSED', `${to} refuses more than ${mostRefused} documents: ${refused[0]?.reason}`, {
      hint: 'Write them under another name with --rename, or make room in the collection.',
    });
  }

  has(document: Buffer): boolean {
    return this.#reasons.has(this.#keyOf(document));
  }

  all(): readonly RefusedDocument[] {
    return [...this.#reasons.values()];
  }
}
