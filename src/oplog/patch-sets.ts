import type { PatchDocument, UpdatePlace } from '../blocks/ports.ts';
import { documentEnd, textEnd, valueEnd } from '../model/bson-walk.ts';
import { diffForm, fieldsAt, hasDot, mostFields, setForm } from './field-sets.ts';
import { sameName } from './update-context.ts';

/** Up to so many bytes a loop is quicker than the call of copy. */
const shortCopy = 32;
const idName = Buffer.from('_id');

/**
 * Updates that only set fields, applied in one walk over the document that ends at the last of these fields: of each field the newest value counts. Not those that would come to
 * something else one after the other: a field that is not there is appended in the order of the updates.
 */
export const patchSets: PatchDocument = (document, start, updates, out, at) => {
  fields.clear();
  for (const update of updates) if (!fields.addOlder(update)) return -1;
  const last = documentEnd(document, start, document.length) - 1;
  // What a replacement in a pipeline left: it is put in order by whoever applies updates one by one.
  if (!sameName(document, start + 5, start + 9, idWithZero, 0, idWithZero.length)) return -1;
  let written = at + 4;
  let copied = start + 4;
  let left = fields.count;
  for (let element = copied; element < last && left > 0; ) {
    const zero = textEnd(document, element + 1, last);
    const next = valueEnd(document, document[element] ?? 0, zero + 1, last);
    const index = fields.take(document, element + 1, zero);
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

const idWithZero = Buffer.concat([idName, Buffer.alloc(1)]);

function copyBytes(from: Buffer, start: number, end: number, to: Buffer, at: number): number {
  if (end - start > shortCopy) return at + from.copy(to, at, start, end);
  let written = at;
  for (let index = start; index < end; index++) to[written++] = from[index] ?? 0;
  return written;
}

/** The newest value of each field that is set: offsets into the updates, in numbers, so that a document costs no objects. Used within one call. */
class NewestFields {
  readonly #bytes: Buffer[] = [];
  readonly #nameAt = new Int32Array(mostFields);
  readonly #nameEnd = new Int32Array(mostFields);
  readonly #end = new Int32Array(mostFields);
  readonly #taken = new Uint8Array(mostFields);
  count = 0;

  clear(): void {
    this.count = 0;
  }

  /** Adds what no newer update sets. False: it does something else, or they are too many. */
  addOlder({ bytes, start }: UpdatePlace): boolean {
    const end = documentEnd(bytes, start, bytes.length);
    const inDiff = fieldsAt(bytes, start, end, diffForm);
    const place = inDiff >= 0 ? inDiff : fieldsAt(bytes, start, end, setForm);
    if (place < 0) return false;
    const last = documentEnd(bytes, place, end) - 1;
    const newer = this.count;
    for (let at = place + 4; at < last; ) {
      const zero = textEnd(bytes, at + 1, last);
      const next = valueEnd(bytes, bytes[at] ?? 0, zero + 1, last);
      const known = this.#find(bytes, at + 1, zero);
      // Of several fields with one name in an update each stands for itself.
      if (known >= newer || hasDot(bytes, at + 1, zero)) return false;
      if (known < 0) {
        if (this.count === mostFields) return false;
        this.#bytes[this.count] = bytes;
        this.#nameAt[this.count] = at + 1;
        this.#nameEnd[this.count] = zero;
        this.#end[this.count] = next;
        this.#taken[this.count] = 0;
        this.count++;
      }
      at = next;
    }
    return true;
  }

  /** The field of this name, once: of several fields with one name the first is meant, as in apply-diff.ts. -1: none. */
  take(bytes: Buffer, nameAt: number, nameEnd: number): number {
    const index = this.#find(bytes, nameAt, nameEnd);
    if (index < 0 || this.#taken[index] === 1) return -1;
    this.#taken[index] = 1;
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
