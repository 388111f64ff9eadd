import type { PlainError } from '../runtime/plain-error.ts';

/** What crosses between the server's thread and the vault's. */
export interface VaultCall {
  readonly id: number;
  readonly method: string;
  readonly args: readonly unknown[];
}
export type VaultAnswer =
  | { readonly kind: 'ready' }
  | {
      readonly kind: 'log';
      readonly level: 'info' | 'warn';
      readonly message: string;
      readonly fields: Readonly<Record<string, unknown>>;
    }
  | { readonly kind: 'failed to open'; readonly error: PlainError }
  | { readonly kind: 'result'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'error'; readonly id: number; readonly error: PlainError };

/** Buffers below this size are copied rather than handed over. */
const worthTransfer = 64 * 1024;

/** A message and the memory that it hands over. */
export interface Parcel<T> {
  readonly message: T;
  readonly transfer: ArrayBuffer[];
  readonly bytes: number;
}

/**
 * Makes a message fit to be posted. Large buffers that own their memory are handed over and gone here; others are copied, because posting a
 * part of a buffer would post all of it.
 */
export function parcel<T>(message: T): Parcel<T> {
  const transfer = new Set<ArrayBuffer>();
  let bytes = 0;
  const walk = (value: unknown): unknown => {
    if (value instanceof Uint8Array) {
      bytes += value.length;
      return ownMemory(value, transfer);
    }
    if (Array.isArray(value)) return value.map(walk);
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, walk(inner)]));
  };
  const walked = walk(message) as T;
  return { message: walked, transfer: [...transfer], bytes };
}

function ownMemory(value: Uint8Array, transfer: Set<ArrayBuffer>): Uint8Array {
  const { buffer, byteLength } = value;
  const owns = buffer instanceof ArrayBuffer && buffer.byteLength < byteLength * 2;
  if (owns && byteLength >= worthTransfer) {
    transfer.add(buffer);
    return new Uint8Array(buffer, value.byteOffset, byteLength);
  }
  const copy = new Uint8Array(value);
  if (byteLength >= worthTransfer) transfer.add(copy.buffer);
  return copy;
}

/** What arrived, with its bytes as Buffers. */
export function unpack(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (Array.isArray(value)) return value.map(unpack);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, unpack(inner)]));
}
