import { damagedBson, documentEnd, elementType, textEnd, valueEnd } from '../../model/bson-walk.ts';
import { elementsOf, isArray, isDocument, type RawElement, type RawValue } from '../raw-value.ts';
import { ColumnValue } from './column-value.ts';
import { documentOfElements } from './raw-document.ts';

const endOfColumn = 0;
/** Objects taken apart: their fields are streams side by side. The first one leaves arrays whole; of the last one the root is an array. */
const interleaved = { objects: 0xf0, objectsAndArrays: 0xf1, arrayRoot: 0xf2 } as const;
const deepest = 200;

/** Values of a BSONColumn one after another (null: missing); undefined at its end. */
export type ColumnReader = () => RawValue | null | undefined;

/**
 * Reads a BSON binary of subtype 7, in which MongoDB 5.2 and newer keep a column of measurements. (Format: src/mongo/bson/util/bsoncolumn.cpp
 * of MongoDB 6.0 and src/mongo/bson/column of 8.0; compared with what real servers unpack in test/integration/query.)
 * @throws FORMAT_INVALID while reading
 */
export function columnReader(bytes: Buffer, start: number, end: number): ColumnReader {
  const cursor = { bytes, at: start, end };
  let one = new ColumnValue();
  let object: InterleavedObject | undefined;
  return () => {
    for (;;) {
      if (object !== undefined) {
        const made = object.next();
        if (made !== undefined) return made;
        one = new ColumnValue(object.last);
        object = undefined;
      }
      const value = one.next();
      if (value !== undefined) return value;
      const control = controlAt(cursor);
      if (control === endOfColumn) return undefined;
      if (isInterleaved(control)) {
        object = new InterleavedObject(cursor, control);
        continue;
      }
      const literal = readControl(cursor, one);
      if (literal !== undefined) return literal;
    }
  };
}

interface Cursor {
  readonly bytes: Buffer;
  readonly end: number;
  at: number;
}

function controlAt({ bytes, at, end }: Cursor): number {
  if (at >= end) throw damagedBson(at, 'a column does not end');
  return bytes[at] ?? 0;
}

function isInterleaved(control: number): boolean {
  return control >= interleaved.objects && control <= interleaved.arrayRoot;
}

/** A literal is answered and remembered; words are what the stream reads next. */
function readControl(cursor: Cursor, stream: ColumnValue): RawValue | undefined {
  const { bytes, at, end } = cursor;
  const control = bytes[at] ?? 0;
  if ((control & 0xe0) === 0 || control === elementType.minKey || control === elementType.maxKey) {
    const valueAt = textEnd(bytes, at + 1, end) + 1;
    cursor.at = valueEnd(bytes, control, valueAt, end);
    const value = { type: control, bytes, start: valueAt, end: cursor.at };
    stream.literal(value);
    return value;
  }
  const after = at + 1 + ((control & 0x0f) + 1) * 8;
  if (after > end) throw damagedBson(at, 'a column ends inside of its words');
  stream.words(control, bytes, at + 1, after);
  cursor.at = after;
  return undefined;
}

/** Objects of like shape, each of whose scalars is a stream of its own. The streams take control bytes in turn. */
class InterleavedObject {
  /** The object that came last. */
  last: RawValue | undefined;
  readonly #cursor: Cursor;
  readonly #reference: RawValue;
  readonly #intoArrays: boolean;
  readonly #streams: ColumnValue[] = [];
  #turn = 0;

  constructor(cursor: Cursor, control: number) {
    const { bytes, at, end } = cursor;
    const after = documentEnd(bytes, at + 1, end);
    cursor.at = after;
    this.#cursor = cursor;
    this.#intoArrays = control !== interleaved.objects;
    const type = control === interleaved.arrayRoot ? elementType.array : elementType.document;
    this.#reference = { type, bytes, start: at + 1, end: after };
    this.#gather(this.#reference, 0);
    if (this.#streams.length === 0) throw damagedBson(at, 'objects of a column have no fields');
  }

  /** Undefined: these objects have ended. */
  next(): RawValue | null | undefined {
    this.#turn = 0;
    const made = this.#build(this.#reference);
    if (made === undefined) return undefined;
    if (made === null) return null;
    this.last = made;
    return made;
  }

  #gather(value: RawValue, depth: number): void {
    if (depth > deepest) throw damagedBson(value.start, 'objects of a column are nested too deeply');
    for (const element of elementsOf(value)) {
      if (this.#isTakenApart(element.value)) this.#gather(element.value, depth + 1);
      else this.#streams.push(new ColumnValue(element.value));
    }
  }

  #isTakenApart(value: RawValue): boolean {
    return isDocument(value) || (this.#intoArrays && isArray(value));
  }

  /** Null: nothing of it is there; an object that is empty in the reference is there always. */
  #build(reference: RawValue): RawValue | null | undefined {
    const elements: RawElement[] = [];
    let isEmpty = true;
    for (const { name, value } of elementsOf(reference)) {
      isEmpty = false;
      const made = this.#isTakenApart(value) ? this.#build(value) : this.#nextOf();
      if (made === undefined) return undefined;
      if (made !== null) elements.push({ name, value: made });
    }
    if (elements.length === 0 && !isEmpty) return null;
    const bytes = documentOfElements(elements);
    return { type: reference.type, bytes, start: 0, end: bytes.length };
  }

  #nextOf(): RawValue | null | undefined {
    const turn = this.#turn++;
    const stream = this.#streams[turn];
    if (stream === undefined) throw damagedBson(this.#cursor.at, 'objects of a column have more fields than streams');
    const value = stream.next();
    if (value !== undefined) return value;
    if (controlAt(this.#cursor) === endOfColumn) {
      if (turn > 0) throw damagedBson(this.#cursor.at, 'a column ends inside of an object');
      this.#cursor.at++;
      return undefined;
    }
    const literal = readControl(this.#cursor, stream);
    return literal ?? stream.next();
  }
}
