/** Up to so many bytes a loop is quicker than the call of compare: most keys are numbers and object ids. */
const shortKey = 24;

/** As memcmp of two keys: negative when `one` comes first, zero when they are the same. */
export function compareKeys(one: Uint8Array, other: Uint8Array): number {
  return compareParts(one, 0, one.length, other, 0, other.length);
}

/** The same of parts of buffers, `start` to `end` (not included) of each. */
export function compareParts(
  one: Uint8Array,
  start: number,
  end: number,
  other: Uint8Array,
  otherStart: number,
  otherEnd: number,
): number {
  const [length, otherLength] = [end - start, otherEnd - otherStart];
  const common = Math.min(length, otherLength);
  const looped = Math.min(common, shortKey);
  for (let at = 0; at < looped; at++) {
    const difference = (one[start + at] ?? 0) - (other[otherStart + at] ?? 0);
    if (difference !== 0) return difference;
  }
  if (common <= shortKey) return length - otherLength;
  return Buffer.compare(one.subarray(start + looped, end), other.subarray(otherStart + looped, otherEnd));
}
