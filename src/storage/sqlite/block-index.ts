import type { SqlRow } from './database.ts';
import type { VaultDatabase } from './vault-database.ts';

/** Where a block rests: the offset of its record in a pack, and the length of what follows the record's header. */
export interface BlockPlace {
  readonly pack: number;
  readonly at: number;
  readonly length: number;
}
export interface PlacedBlock extends BlockPlace {
  readonly id: Buffer;
}
export interface PackRow {
  readonly id: number;
  /** Durable ones; a file may be longer after a crash. */
  readonly bytes: number;
  readonly blocks: number;
  readonly deadBytes: number;
  /** Null while it is appended to. */
  readonly sealedAtMs: number | null;
}

/** Which block of one group rests where (schema part `blocks`). Calls are synchronous; the caller groups them into transactions. */
export class BlockIndex {
  readonly #database: VaultDatabase;
  readonly #group: number;

  constructor(database: VaultDatabase, groupId: string) {
    this.#database = database;
    const find = database.prepare('SELECT no FROM block_groups WHERE group_id = ?');
    if (!database.readOnly) database.prepare('INSERT OR IGNORE INTO block_groups (group_id) VALUES (?)').run(groupId);
    this.#group = Number(find.get(groupId)?.['no'] ?? -1);
  }

  transaction(work: () => void): void {
    this.#database.transaction(work);
  }

  find(id: Buffer): BlockPlace | undefined {
    const row = this.#database
      .prepare('SELECT pack, at, length FROM blocks WHERE group_no = ? AND id = ?')
      .get(this.#group, id);
    return row === undefined ? undefined : placeOf(row);
  }

  /** A block that is there stays where it is. */
  add(id: Buffer, { pack, at, length }: BlockPlace): boolean {
    const sql = 'INSERT OR IGNORE INTO blocks (group_no, id, pack, at, length) VALUES (?, ?, ?, ?, ?)';
    return this.#database.prepare(sql).run(this.#group, id, pack, at, length).changes > 0;
  }

  move(id: Buffer, from: number, to: BlockPlace): void {
    this.#database
      .prepare('UPDATE blocks SET pack = ?, at = ?, length = ? WHERE group_no = ? AND id = ? AND pack = ?')
      .run(to.pack, to.at, to.length, this.#group, id, from);
  }

  remove(id: Buffer, pack: number): void {
    this.#database.prepare('DELETE FROM blocks WHERE group_no = ? AND id = ? AND pack = ?').run(this.#group, id, pack);
  }

  /** Blocks in the order of their ids, after one of them: a page of all. */
  page(after: Buffer, limit: number): PlacedBlock[] {
    return this.#database
      .prepare('SELECT id, pack, at, length FROM blocks WHERE group_no = ? AND id > ? ORDER BY id LIMIT ?')
      .all(this.#group, after, limit)
      .map((row) => ({ id: bytesOf(row['id']), ...placeOf(row) }));
  }

  /** A new pack; its number is never used again. */
  addPack(): number {
    return this.#database
      .prepare('INSERT INTO packs (group_no, bytes, blocks, dead_bytes, removed) VALUES (?, 0, 0, 0, 0)')
      .run(this.#group).lastInsertRowid;
  }

  /** A pack that was found with its file. */
  adoptPack(id: number, bytes: number, blocks: number, sealedAtMs: number): void {
    this.#database
      .prepare(
        'INSERT INTO packs (id, group_no, bytes, blocks, dead_bytes, sealed_at_ms, removed) VALUES (?, ?, ?, ?, 0, ?, 0)',
      )
      .run(id, this.#group, bytes, blocks, sealedAtMs);
  }

  grow(pack: number, bytes: number, moreBlocks: number): void {
    this.#database.prepare('UPDATE packs SET bytes = ?, blocks = blocks + ? WHERE id = ?').run(bytes, moreBlocks, pack);
  }

  /** Blocks left a pack: they were moved or removed. */
  shrink(pack: number, blocks: number): void {
    this.#database.prepare('UPDATE packs SET blocks = blocks - ? WHERE id = ?').run(blocks, pack);
  }

  seal(pack: number, atMs: number): void {
    this.#database.prepare('UPDATE packs SET sealed_at_ms = ? WHERE id = ?').run(atMs, pack);
  }

  setDead(pack: number, deadBytes: number): void {
    this.#database.prepare('UPDATE packs SET dead_bytes = ?1 WHERE id = ?2 AND dead_bytes <> ?1').run(deadBytes, pack);
  }

  packs(): PackRow[] {
    return this.#database
      .prepare(
        'SELECT id, bytes, blocks, dead_bytes, sealed_at_ms FROM packs WHERE group_no = ? AND removed = 0 ORDER BY id',
      )
      .all(this.#group)
      .map(packOf);
  }

  pack(id: number): PackRow | undefined {
    const row = this.#database
      .prepare(
        'SELECT id, bytes, blocks, dead_bytes, sealed_at_ms FROM packs WHERE group_no = ? AND id = ? AND removed = 0',
      )
      .get(this.#group, id);
    return row === undefined ? undefined : packOf(row);
  }

  /** Nothing in it is named any more; its file can go. */
  markRemoved(pack: number): void {
    this.#database.prepare('UPDATE packs SET removed = 1, blocks = 0 WHERE id = ?').run(pack);
  }

  /** Packs whose files may still be there. */
  removedPacks(): number[] {
    return this.#database
      .prepare('SELECT id FROM packs WHERE group_no = ? AND removed = 1')
      .all(this.#group)
      .map((row) => Number(row['id']));
  }

  forgetPack(pack: number): void {
    this.#database.prepare('DELETE FROM packs WHERE id = ? AND removed = 1').run(pack);
  }

  totals(): { readonly blocks: number; readonly bytes: number; readonly deadBytes: number } {
    const row = this.#database
      .prepare(
        'SELECT sum(blocks) AS blocks, sum(bytes) AS bytes, sum(dead_bytes) AS dead FROM packs WHERE group_no = ? AND removed = 0',
      )
      .get(this.#group);
    return {
      blocks: Number(row?.['blocks'] ?? 0),
      bytes: Number(row?.['bytes'] ?? 0),
      deadBytes: Number(row?.['dead'] ?? 0),
    };
  }

  /** Begins a list of the blocks of some packs, on disk, for as long as the database is open. */
  beginPicked(): void {
    this.#database
      .prepare(
        'CREATE TEMP TABLE IF NOT EXISTS picked_blocks (pack INTEGER, at INTEGER, length INTEGER, id BLOB, PRIMARY KEY (pack, at)) WITHOUT ROWID',
      )
      .run();
    this.#database
      .prepare('DELETE FROM temp.picked_blocks WHERE pack IN (SELECT id FROM packs WHERE group_no = ?)')
      .run(this.#group);
  }

  pick({ pack, at, length, id }: PlacedBlock): void {
    this.#database
      .prepare('INSERT INTO temp.picked_blocks (pack, at, length, id) VALUES (?, ?, ?, ?)')
      .run(pack, at, length, id);
  }

  /** In the order in which they rest, after an offset. */
  picked(pack: number, after: number, limit: number): PlacedBlock[] {
    return this.#database
      .prepare('SELECT pack, at, length, id FROM temp.picked_blocks WHERE pack = ? AND at > ? ORDER BY at LIMIT ?')
      .all(pack, after, limit)
      .map((row) => ({ id: bytesOf(row['id']), ...placeOf(row) }));
  }
}

function placeOf(row: SqlRow): BlockPlace {
  return { pack: Number(row['pack']), at: Number(row['at']), length: Number(row['length']) };
}

function packOf(row: SqlRow): PackRow {
  return {
    id: Number(row['id']),
    bytes: Number(row['bytes']),
    blocks: Number(row['blocks']),
    deadBytes: Number(row['dead_bytes']),
    sealedAtMs: row['sealed_at_ms'] === null ? null : Number(row['sealed_at_ms']),
  };
}

function bytesOf(value: SqlRow[string] | undefined): Buffer {
  return value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.length) : Buffer.alloc(0);
}
