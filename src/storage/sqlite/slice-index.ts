import type { SqlRow } from './database.ts';
import type { VaultDatabase } from './vault-database.ts';

/** Where a slice rests: the offset of its record in a segment, and the length of what follows the record's header. */
export interface SlicePlace {
  readonly segment: number;
  readonly at: number;
  readonly length: number;
}
export interface SliceRow extends SlicePlace {
  readonly first: bigint;
  readonly last: bigint;
  /** The first of a capture: it follows no other. */
  readonly begins: boolean;
}
export interface SegmentRow {
  readonly id: number;
  /** Durable ones; a file may be longer after a crash. */
  readonly bytes: number;
  readonly sealed: boolean;
}

/** Which slice of a replica set rests where (schema part `slices`). Calls are synchronous; the caller groups them into transactions. */
export class SliceIndex {
  readonly #database: VaultDatabase;
  readonly #set: number;

  constructor(database: VaultDatabase, replicaSetId: string) {
    this.#database = database;
    const find = database.prepare('SELECT no FROM slice_sets WHERE replica_set_id = ?');
    if (!database.readOnly && find.get(replicaSetId) === undefined) {
      database.prepare('INSERT INTO slice_sets (replica_set_id) VALUES (?)').run(replicaSetId);
    }
    this.#set = Number(find.get(replicaSetId)?.['no'] ?? -1);
  }

  transaction(work: () => void): void {
    this.#database.transaction(work);
  }

  /** What was noted of the newest slice; null before the first. */
  last(): Buffer | null {
    const value = this.#database.prepare('SELECT last FROM slice_sets WHERE no = ?').get(this.#set)?.['last'];
    return value instanceof Uint8Array ? Buffer.from(value) : null;
  }

  setLast(last: Buffer | null): void {
    this.#database.prepare('UPDATE slice_sets SET last = ? WHERE no = ?').run(last, this.#set);
  }

  add({ first, last, begins, segment, at, length }: SliceRow): void {
    this.#database
      .prepare(
        'INSERT INTO slices (set_no, last_ts, first_ts, begins, segment, at, length) VALUES (?, ?, ?, ?, ?, ?, ?)',
      )
      .run(this.#set, tsBytes(last), tsBytes(first), begins ? 1 : 0, segment, at, length);
  }

  /** Slices that end after `after`, oldest first: a page of them. */
  page(after: bigint, limit: number): SliceRow[] {
    return this.#database
      .prepare('SELECT * FROM slices WHERE set_no = ? AND last_ts > ? ORDER BY last_ts LIMIT ?')
      .all(this.#set, tsBytes(after), limit)
      .map(sliceOf);
  }

  oldest(): SliceRow | undefined {
    const row = this.#database.prepare('SELECT * FROM slices WHERE set_no = ? ORDER BY last_ts LIMIT 1').get(this.#set);
    return row === undefined ? undefined : sliceOf(row);
  }

  /** The newest slice that ends before `ts`. */
  newestBefore(ts: bigint): SliceRow | undefined {
    const row = this.#database
      .prepare('SELECT * FROM slices WHERE set_no = ? AND last_ts < ? ORDER BY last_ts DESC LIMIT 1')
      .get(this.#set, tsBytes(ts));
    return row === undefined ? undefined : sliceOf(row);
  }

  newest(): SliceRow | undefined {
    const row = this.#database
      .prepare('SELECT * FROM slices WHERE set_no = ? ORDER BY last_ts DESC LIMIT 1')
      .get(this.#set);
    return row === undefined ? undefined : sliceOf(row);
  }

  /** First slices of captures, oldest first. */
  beginnings(): SliceRow[] {
    return this.#database
      .prepare('SELECT * FROM slices WHERE set_no = ? AND begins = 1 ORDER BY last_ts')
      .all(this.#set)
      .map(sliceOf);
  }

  /** Bytes of the slices that end within these bounds. */
  bytesBetween(from: bigint, to: bigint): number {
    const row = this.#database
      .prepare('SELECT sum(length) AS bytes FROM slices WHERE set_no = ? AND last_ts BETWEEN ? AND ?')
      .get(this.#set, tsBytes(from), tsBytes(to));
    return Number(row?.['bytes'] ?? 0);
  }

  /** A new segment; its number is never used again. */
  addSegment(): number {
    return this.#database
      .prepare('INSERT INTO segments (set_no, bytes, sealed, removed) VALUES (?, 0, 0, 0)')
      .run(this.#set).lastInsertRowid;
  }

  adoptSegment(id: number, bytes: number): void {
    this.#database
      .prepare('INSERT INTO segments (id, set_no, bytes, sealed, removed) VALUES (?, ?, ?, 1, 0)')
      .run(id, this.#set, bytes);
  }

  grow(segment: number, bytes: number): void {
    this.#database.prepare('UPDATE segments SET bytes = ? WHERE id = ?').run(bytes, segment);
  }

  seal(segment: number): void {
    this.#database.prepare('UPDATE segments SET sealed = 1 WHERE id = ?').run(segment);
  }

  segments(): SegmentRow[] {
    return this.#database
      .prepare('SELECT id, bytes, sealed FROM segments WHERE set_no = ? AND removed = 0 ORDER BY id')
      .all(this.#set)
      .map((row) => ({ id: Number(row['id']), bytes: Number(row['bytes']), sealed: row['sealed'] === 1 }));
  }

  /** Segments with nothing that ends at or after `ts`. */
  segmentsBefore(ts: bigint): number[] {
    return this.#database
      .prepare('SELECT segment FROM slices WHERE set_no = ? GROUP BY segment HAVING max(last_ts) < ?')
      .all(this.#set, tsBytes(ts))
      .map((row) => Number(row['segment']));
  }

  /** Its slices are named no more; its file can go. */
  markRemoved(segment: number): void {
    this.#database.prepare('DELETE FROM slices WHERE set_no = ? AND segment = ?').run(this.#set, segment);
    this.#database.prepare('UPDATE segments SET removed = 1 WHERE id = ?').run(segment);
  }

  removedSegments(): number[] {
    return this.#database
      .prepare('SELECT id FROM segments WHERE set_no = ? AND removed = 1')
      .all(this.#set)
      .map((row) => Number(row['id']));
  }

  forgetSegment(segment: number): void {
    this.#database.prepare('DELETE FROM segments WHERE id = ? AND removed = 1').run(segment);
  }
}

/** Big-endian, so that the bytes have the order of the timestamps; SQLite's own integers end in 2038. */
function tsBytes(ts: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(ts);
  return bytes;
}

function sliceOf(row: SqlRow): SliceRow {
  return {
    first: tsOf(row['first_ts']),
    last: tsOf(row['last_ts']),
    begins: row['begins'] === 1,
    segment: Number(row['segment']),
    at: Number(row['at']),
    length: Number(row['length']),
  };
}

function tsOf(value: SqlRow[string] | undefined): bigint {
  return value instanceof Uint8Array ? Buffer.from(value).readBigUInt64BE() : 0n;
}
