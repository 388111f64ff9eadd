import { BSON, type Document, Long, Timestamp } from 'mongodb';

/** A number of any BSON kind; undefined for anything else. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (Long.isLong(value)) return value.toNumber();
  return undefined;
}

export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function msOf(value: unknown): number | undefined {
  return value instanceof Date ? value.getTime() : undefined;
}

/** Seconds of a BSON timestamp. */
export function secondsOf(value: unknown): number | undefined {
  return value instanceof Timestamp ? value.getHighBitsUnsigned() : undefined;
}

export function hexOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || !('toHexString' in value)) return undefined;
  return typeof value.toHexString === 'function' ? String(value.toHexString()) : undefined;
}

export function documentOf(value: unknown): Document | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
}

export function documentsOf(value: unknown): Document[] {
  return Array.isArray(value) ? value.flatMap((item) => documentOf(item) ?? []) : [];
}

export const readBson = (bytes: Uint8Array): Document => BSON.deserialize(bytes);
export const writeBson = (document: Document): Buffer => Buffer.from(BSON.serialize(document));
/** Relaxed extended JSON, as plain values. */
export const toExtendedJson = (document: Document): unknown => BSON.EJSON.serialize(document, { relaxed: true });

/** What a command or its reply is to those who do not speak to the driver. */
export type BsonDocument = Document;
