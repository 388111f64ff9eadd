import { elementType } from '../model/bson-walk.ts';
import { AppError } from '../runtime/errors.ts';
import { documentValue, keyOf, type RawValue, rawOf, valuesAt, withElements } from './raw-value.ts';

export type Sort = Readonly<Record<string, 1 | -1>>;

interface Ranked {
  readonly document: Buffer;
  readonly keys: readonly Buffer[];
}

/** What is held at most, so that a sort by what is large ends with a word. */
const mostBytes = 64 * 2 ** 20;

/** The first `limit` documents in an order: what comes after them is forgotten at once. */
export class Best {
  readonly #sort: readonly (readonly [readonly string[], 1 | -1])[];
  readonly #limit: number;
  #ranked: Ranked[] = [];
  #bytes = 0;
  dropped = false;

  constructor(sort: Sort, limit: number) {
    this.#sort = Object.entries(sort).map(([path, direction]) => [path.split('.'), direction]);
    this.#limit = limit;
  }

  add(document: Buffer): void {
    const keys = this.#sort.map(([path, direction]) => sortKey(documentValue(document), path, direction));
    const last = this.#ranked.at(-1);
    if (last !== undefined && this.#ranked.length >= this.#limit && this.#order(keys, last.keys) >= 0) {
      this.dropped = true;
      return;
    }
    let at = this.#ranked.length;
    for (let low = 0, high = at; ; ) {
      if (low >= high) {
        at = low;
        break;
      }
      const middle = (low + high) >>> 1;
      if (this.#order(keys, this.#ranked[middle]?.keys ?? []) < 0) high = middle;
      else low = middle + 1;
    }
    // Documents share the memory of their block: a copy lets that go.
    this.#ranked.splice(at, 0, { document: Buffer.from(document), keys });
    this.#bytes += document.length;
    if (this.#ranked.length > this.#limit) {
      this.#bytes -= this.#ranked.pop()?.document.length ?? 0;
      this.dropped = true;
    }
    if (this.#bytes > mostBytes) {
      throw new AppError('INPUT_INVALID', `sorting would hold more than ${mostBytes / 2 ** 20} MiB of documents`, {
        hint: 'Ask for fewer of them, or narrow the filter.',
      });
    }
  }

  documents(): readonly Buffer[] {
    return this.#ranked.map(({ document }) => document);
  }

  #order(a: readonly Buffer[], b: readonly Buffer[]): number {
    for (const [index, [, direction]] of this.#sort.entries()) {
      const order = Buffer.compare(a[index] ?? nothing, b[index] ?? nothing);
      if (order !== 0) return order * direction;
    }
    return 0;
  }
}

const nothing = keyOf(rawOf(null));

/** Of an array its smallest element counts, or its largest when the order is descending. */
function sortKey(document: RawValue, path: readonly string[], direction: 1 | -1): Buffer {
  const keys = withElements(valuesAt(document, path))
    .filter((value, _, all) => value.type !== elementType.array || all.length === 1)
    .map(keyOf);
  return keys.toSorted((a, b) => Buffer.compare(a, b) * direction)[0] ?? nothing;
}
