import { bsonType, documentEnd, isNumeric, readNumber, skipValue } from './bson-elements.ts';

const maxDepth = 40;

export interface Layout {
  readonly names: readonly string[];
}

interface Flattened {
  /** Numeric leaves in reply order: int32, int64, double, decimal, boolean as 0/1, date as ms, timestamp as seconds. */
  readonly values: Float64Array;
  readonly layout: Layout;
}

/** mongod picks int or long by the size of a number, so all numbers are one class; only names and nesting make a structure. */
const numberMark = 1;
const openMark = 2;
const closeMark = 3;

/**
 * Turns BSON replies into numbers without making objects of them. Structure (names and nesting of the numeric leaves) is
 * hashed in the same pass; names are built only when the hash is new. Keeps the layouts that it met, at most `maxLayouts`.
 */
export class Flattener {
  readonly #layouts = new Map<string, Layout>();
  readonly #maxLayouts: number;
  #values = new Float64Array(4096);
  #count = 0;
  #hashA = 0;
  #hashB = 0;
  #buffer: Uint8Array = new Uint8Array(0);
  #view: DataView = new DataView(new ArrayBuffer(0));

  constructor(maxLayouts = 500) {
    this.#maxLayouts = maxLayouts;
  }

  /** `prefix` goes before every name ("" for none). @throws RangeError when the bytes are no BSON document. */
  flatten(document: Uint8Array, prefix = ''): Flattened {
    this.#buffer = document;
    this.#view = new DataView(document.buffer, document.byteOffset, document.byteLength);
    this.#count = 0;
    this.#hashA = 0x811c9dc5;
    this.#hashB = 0x2545f491;
    this.#walk(0, 0);
    const key = `${prefix}:${this.#hashA.toString(36)}.${this.#hashB.toString(36)}.${this.#count}`;
    let layout = this.#layouts.get(key);
    if (layout === undefined) {
      layout = { names: numericNames(document, prefix) };
      this.#layouts.set(key, layout);
      if (this.#layouts.size > this.#maxLayouts) this.#layouts.delete(this.#layouts.keys().next().value ?? '');
    }
    const values = this.#values.slice(0, this.#count);
    this.#buffer = new Uint8Array(0);
    return { values, layout };
  }

  #mark(value: number): void {
    this.#hashA = Math.imul(this.#hashA ^ value, 0x01000193);
    this.#hashB = Math.imul(this.#hashB ^ value, 0x5bd1e995) ^ (this.#hashB >>> 15);
  }

  #walk(start: number, depth: number): void {
    const buffer = this.#buffer;
    const end = documentEnd(this.#view, start, buffer.length);
    if (depth > maxDepth) throw new RangeError('a reply is nested too deeply');
    let at = start + 4;
    while (at < end) {
      const kind = buffer[at] ?? 0;
      if (kind === 0) break;
      const nameStart = ++at;
      while (at < end && buffer[at] !== 0) at++;
      const nameEnd = at++;
      if (kind === bsonType.document || kind === bsonType.array) {
        const inner = at;
        at = documentEnd(this.#view, at, end) + 1;
        this.#markName(nameStart, nameEnd, openMark);
        this.#walk(inner, depth + 1);
        this.#mark(closeMark);
        continue;
      }
      if (isNumeric(kind) && !isNoise(buffer, nameStart, nameEnd, kind, depth)) {
        this.#markName(nameStart, nameEnd, numberMark);
        if (this.#count === this.#values.length) this.#grow();
        this.#values[this.#count++] = readNumber(this.#view, at, kind);
      }
      at = skipValue(this.#view, at, kind, end);
    }
  }

  #markName(start: number, end: number, mark: number): void {
    const buffer = this.#buffer;
    let a = this.#hashA;
    let b = this.#hashB;
    for (let i = start; i < end; i++) {
      const byte = buffer[i] ?? 0;
      a = Math.imul(a ^ byte, 0x01000193);
      b = Math.imul(b ^ byte, 0x5bd1e995) ^ (b >>> 15);
    }
    this.#hashA = a;
    this.#hashB = b;
    this.#mark(mark);
  }

  #grow(): void {
    const larger = new Float64Array(this.#values.length * 2);
    larger.set(this.#values);
    this.#values = larger;
  }
}

/** Names of the numeric leaves, in reply order. */
export function numericNames(document: Uint8Array, prefix = ''): string[] {
  const names: string[] = [];
  const view = new DataView(document.buffer, document.byteOffset, document.byteLength);
  const text = Buffer.from(document.buffer, document.byteOffset, document.byteLength);
  const walk = (start: number, path: string, depth: number): void => {
    const end = documentEnd(view, start, document.length);
    let at = start + 4;
    while (at < end) {
      const kind = document[at] ?? 0;
      if (kind === 0) break;
      const nameStart = ++at;
      while (at < end && document[at] !== 0) at++;
      const nameEnd = at++;
      const name = path + escapePart(text.toString('utf8', nameStart, nameEnd));
      if (kind === bsonType.document || kind === bsonType.array) {
        walk(at, `${name}.`, depth + 1);
        at = documentEnd(view, at, end) + 1;
        continue;
      }
      if (isNumeric(kind) && !isNoise(document, nameStart, nameEnd, kind, depth)) names.push(name);
      at = skipValue(view, at, kind, end);
    }
  };
  walk(0, prefix, 0);
  return names;
}

/** One part of a raw name. */
export function escapePart(part: string): string {
  return /[.%\n]/.test(part) ? part.replaceAll('%', '%25').replaceAll('.', '%2E').replaceAll('\n', '%0A') : part;
}

/** `start` and `end`: when FTDC began and ended to collect the reply or one of its sections. */
function isNoise(buffer: Uint8Array, from: number, to: number, kind: number, depth: number): boolean {
  if (kind !== bsonType.date || depth > 1) return false;
  if (to - from === 5) return buffer[from] === 0x73 && buffer[from + 1] === 0x74 && buffer[from + 2] === 0x61;
  return to - from === 3 && buffer[from] === 0x65 && buffer[from + 1] === 0x6e && buffer[from + 2] === 0x64;
}
