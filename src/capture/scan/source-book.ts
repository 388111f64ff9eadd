import type { MemberClient } from '../source/member-client.ts';
import { listPlaces, type Place, type SourceCollection } from './catalog.ts';

/** What is known of the collections that a scan reads, besides what the server keeps. */
export class SourceBook {
  /** Every read of the scan sees at least what was there at this timestamp. */
  readonly readAfter: bigint;
  #places: ReadonlyMap<string, Place> = new Map();
  readonly #sizes = new Map<string, { readonly averageBytes: number; readonly bytes: number }>();

  constructor(readAfter: bigint) {
    this.readAfter = readAfter;
  }

  /** UUIDs are found inside of a database only. */
  async readPlaces(member: MemberClient, signal: AbortSignal): Promise<void> {
    this.#places = await listPlaces(member, signal);
  }

  noteSize({ info, documents, bytes }: SourceCollection): void {
    this.#sizes.set(info.uuid, { averageBytes: documents === 0 ? 0 : bytes / documents, bytes });
  }

  /** A collection that is gone is in no database: any will say so. */
  placeOf(uuid: string): Place {
    return this.#places.get(uuid) ?? { database: 'admin', name: '', capped: false };
  }

  /** 0: not known. */
  averageBytesOf(uuid: string): number {
    return this.#sizes.get(uuid)?.averageBytes ?? 0;
  }

  partBytesOf(uuid: string): number {
    return this.#sizes.get(uuid)?.bytes ?? 0;
  }
}
