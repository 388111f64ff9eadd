import type { PatchDocument, UpdatePlace } from '../blocks/ports.ts';
import { documentEnd, textEnd, valueEnd } from '../model/bson-walk.ts';
import { isIdAt } from './apply-update.ts';
import { type FieldTaker, mostFields, readSets } from './field-sets.ts';
import { sameName } from './update-context.ts';

/** Up to so many bytes a loop is quicker than the call of copy. */
const shortCopy = 32;

/**
 * Updates that only set fields, applied in one walk over the document that ends at the last of these fields: of each field the newest value counts. Not those that would come to
 * something else one after the other: a field that is not there is appended in the order of the updates.
 */
export const patchSets: PatchDocument = (document, start, updates, out, at) => {
  fields.clear();
  for (const update of updates) if (!fields.addOlder(update)) return -1;
  const last = documentEnd(document, start, document.length) - 1;
  // What a replacement in a pipeline left: it is put in order by whoever applies updates one by one.
  if (!isIdAt(document, start + 4)) return -1;
  let written = at + 4;
  let copied = start + 4;
  let left = fields.count;
  for (let element = copied; element < last && left > 0; ) {
    const zero = textEnd(document, element + 1, last);
    const next = valueEnd(document, document[element] ?? 0, zero + 1, last);
    const index = fields.use(document, element + 1, zero);
    if (index >= 0) {
      written = copyBytes(document, copied, element, out, written);
      written = fields.copyTo(index, out, written);
      copied = next;
      left--;
    }
    element = next;
  }
  if (left > 0) return -1;
  written = copyBytes(document, copied, last + 1, out, written);
  out.writeInt32LE(written - at, at);
  return written;
};

function copyBytes(from: Buffer, start: number, end: number, to: Buffer, at: number): number {
  if (end - start > shortCopy) return at + from.copy(to, at, start, end);
  let written = at;
  for (let index = start; index < end; index++) to[written++] = from[index] ?? 0;
  return written;
}

/** The newest value of each field that is set: offsets into the updates, in numbers, so that a document costs no objects. Used within one call. */
class NewestFields implements FieldTaker {
  readonly #bytes: Buffer[] = [];
  readonly #nameAt = new Int32Array(mostFields);
  readonly #nameEnd = new Int32Array(mostFields);
  readonly #end = new Int32Array(mostFields);
  readonly #used = new Uint8Array(mostFields);
  /** So many are of newer updates than the one that is read. */
  #newer = 0;
  count = 0;

  clear(): void {
    this.count = 0;
  }

  /** Adds what no newer update sets. False: it does something else, or they are too many. */
  addOlder({ bytes, start }: UpdatePlace): boolean {
    this.#newer = this.count;
    return readSets(bytes, start, this) !== undefined;
  }

  take(update: Buffer, nameAt: number, nameEnd: number, end: number): boolean {
    const known = this.#find(update, nameAt, nameEnd);
    // Of several fields with one name in an update each stands for itself.
    if (known >= 0) return known < this.#newer;
    const index = this.count;
    if (index === mostFields) return false;
    this.#bytes[index] = update;
    this.#nameAt[index] = nameAt;
    this.#nameEnd[index] = nameEnd;
    this.#end[index] = end;
    this.#used[index] = 0;
    this.count++;
    return true;
  }

  /** The field of this name, once: of several fields with one name the first is meant, as in apply-diff.ts. -1: none. */
  use(bytes: Buffer, nameAt: number, nameEnd: number): number {
    const index = this.#find(bytes, nameAt, nameEnd);
    if (index < 0 || this.#used[index] === 1) return -1;
    this.#used[index] = 1;
    return index;
  }

  /** The whole element. Answers where it ends. */
  copyTo(index: number, out: Buffer, at: number): number {
    const bytes = this.#bytes[index];
    if (bytes === undefined) return at;
    return copyBytes(bytes, (this.#nameAt[index] ?? 0) - 1, this.#end[index] ?? 0, out, at);
  }

  #find(bytes: Buffer, nameAt: number, nameEnd: number): number {
    for (let index = 0; index < this.count; index++) {
      const other = this.#bytes[index];
      if (other === undefined) continue;
      if (sameName(bytes, nameAt, nameEnd, other, this.#nameAt[index] ?? 0, this.#nameEnd[index] ?? 0)) return index;
    }
    return -1;
  }
}

const fields = new NewestFields();
