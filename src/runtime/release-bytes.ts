/** Smaller buffers may be parts of a pool that others use, and wait for the collector without harm. */
const worthReleasing = 128 * 1024;

/**
 * Gives the memory of a large buffer back at once. V8 sees little of what lies outside its heap: buffers of 16 MiB that nobody uses any longer pile up
 * to hundreds of megabytes until it collects. For the owner of the bytes alone: they, and every part of them, are empty afterwards.
 */
export function releaseBytes({ buffer }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && !buffer.resizable && buffer.byteLength >= worthReleasing) buffer.transfer(0);
}
