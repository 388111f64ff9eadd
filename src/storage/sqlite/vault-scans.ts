import type { StoredPart, StoredPiece, VaultMetadata } from '../../vault/metadata-ports.ts';
import type { SqlRow } from './database.ts';
import { flag, number, text, textOrNull, upsert, word } from './metadata-row.ts';
import type { VaultDatabase } from './vault-database.ts';
import { buffer, infoOf, infoText, scanOf, scanRow } from './vault-rows.ts';
import { put } from './vault-write.ts';

type ScanMethods = Pick<
  VaultMetadata,
  | 'scans'
  | 'saveScan'
  | 'addPlan'
  | 'scanCollections'
  | 'parts'
  | 'partsOf'
  | 'part'
  | 'addPieces'
  | 'pieces'
  | 'promise'
  | 'promised'
  | 'clearScan'
>;

const idBytes = 32;

/** Scans: their collections, parts, and the blocks that came so far. */
export function scanMethods(database: VaultDatabase): ScanMethods {
  return {
    scans: (replicaSetId) =>
      database
        .prepare('SELECT * FROM vault_scans WHERE replica_set_id = ? ORDER BY ordinal DESC')
        .all(replicaSetId)
        .map(scanOf),
    saveScan: (scan) => database.transaction(() => put(database, upsert('vault_scans', scanRow(scan)))),
    addPlan: (scan, collections, parts) =>
      database.transaction(() => {
        put(database, upsert('vault_scans', scanRow(scan)));
        for (const { info, documents, bytes } of collections) {
          const row = { scan_id: scan.scanId, uuid: info.uuid, info: infoText(info), documents, bytes };
          put(database, upsert('vault_scan_collections', row));
        }
        for (const part of parts) put(database, upsert('vault_scan_parts', partRow(scan.scanId, part)));
      }),
    scanCollections: (scanId) =>
      database
        .prepare('SELECT * FROM vault_scan_collections WHERE scan_id = ? ORDER BY uuid')
        .all(scanId)
        .map((row) => ({ info: infoOf(row), documents: number(row, 'documents'), bytes: number(row, 'bytes') })),
    parts: (scanId) =>
      database.prepare('SELECT * FROM vault_scan_parts WHERE scan_id = ? ORDER BY uuid, part').all(scanId).map(partOf),
    partsOf: (scanId, uuid) =>
      database
        .prepare('SELECT * FROM vault_scan_parts WHERE scan_id = ? AND uuid = ? ORDER BY part')
        .all(scanId, uuid)
        .map(partOf),
    part(scanId, uuid, part) {
      const row = database
        .prepare('SELECT * FROM vault_scan_parts WHERE scan_id = ? AND uuid = ? AND part = ?')
        .get(scanId, uuid, part);
      return row === undefined ? null : partOf(row);
    },
    addPieces: (scanId, pieces) =>
      database.transaction(() => {
        for (const piece of pieces) addPiece(database, scanId, piece);
      }),
    pieces: (scanId, uuid) =>
      database
        .prepare('SELECT * FROM vault_scan_pieces WHERE scan_id = ? AND uuid = ? ORDER BY part, run, number')
        .all(scanId, uuid)
        .map((row) => ({ part: number(row, 'part'), run: number(row, 'run'), refs: buffer(row, 'refs') })),
    promise: (scanId, ids) =>
      database.transaction(() => {
        database.prepare('INSERT INTO vault_scan_promises (scan_id, ids) VALUES (?, ?)').run(scanId, ids);
      }),
    promised: (scanId) =>
      database
        .prepare('SELECT ids FROM vault_scan_promises WHERE scan_id = ?')
        .all(scanId)
        .flatMap((row) => idsOf(buffer(row, 'ids'))),
    clearScan: (scanId) =>
      database.transaction(() => {
        for (const table of ['vault_scan_pieces', 'vault_scan_parts', 'vault_scan_collections', 'vault_scan_promises'])
          database.prepare(`DELETE FROM ${table} WHERE scan_id = ?`).run(scanId);
      }),
  };
}

function addPiece(database: VaultDatabase, scanId: string, piece: StoredPiece): void {
  if (piece.restart) {
    database
      .prepare('DELETE FROM vault_scan_pieces WHERE scan_id = ? AND uuid = ? AND part = ?')
      .run(scanId, piece.uuid, piece.part);
    database
      .prepare('UPDATE vault_scan_parts SET documents = 0, bytes = 0 WHERE scan_id = ? AND uuid = ? AND part = ?')
      .run(scanId, piece.uuid, piece.part);
  }
  for (const { run, refs } of piece.runs) {
    const { uuid, part, number: place } = piece;
    put(database, upsert('vault_scan_pieces', { scan_id: scanId, uuid, part, run, number: place, refs }));
  }
  database
    .prepare(
      `UPDATE vault_scan_parts SET after = ?, next = ?, done = ?, documents = documents + ?, bytes = bytes + ?
        WHERE scan_id = ? AND uuid = ? AND part = ?`,
    )
    .run(
      piece.after,
      piece.number + 1,
      piece.done ? 1 : 0,
      piece.documents,
      piece.bytes,
      scanId,
      piece.uuid,
      piece.part,
    );
}

function partRow(scanId: string, part: StoredPart) {
  return {
    scan_id: scanId,
    uuid: part.uuid,
    part: part.part,
    read_order: part.order,
    lower: part.lower,
    upper: part.upper,
    after: part.after,
    next: part.next,
    done: part.done ? 1 : 0,
    documents: part.documents,
    bytes: part.bytes,
  };
}

function partOf(row: SqlRow): StoredPart {
  return {
    uuid: text(row, 'uuid'),
    part: number(row, 'part'),
    order: word(row, 'read_order', ['id', 'natural']),
    lower: textOrNull(row, 'lower'),
    upper: textOrNull(row, 'upper'),
    after: textOrNull(row, 'after'),
    next: number(row, 'next'),
    done: flag(row, 'done'),
    documents: number(row, 'documents'),
    bytes: number(row, 'bytes'),
  };
}

function idsOf(ids: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let at = 0; at + idBytes <= ids.length; at += idBytes) found.push(ids.subarray(at, at + idBytes));
  return found;
}
