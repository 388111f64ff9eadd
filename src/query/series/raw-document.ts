import type { RawElement } from '../raw-value.ts';

/** A document of these elements, in this order. */
export function documentOfElements(elements: readonly RawElement[]): Buffer {
  let size = 5;
  for (const { name, value } of elements) size += 2 + Buffer.byteLength(name) + value.end - value.start;
  const made = Buffer.allocUnsafe(size);
  let at = made.writeInt32LE(size);
  for (const { name, value } of elements) {
    at = made.writeUInt8(value.type, at);
    at += made.write(name, at);
    at = made.writeUInt8(0, at);
    at += value.bytes.copy(made, at, value.start, value.end);
  }
  made.writeUInt8(0, at);
  return made;
}
