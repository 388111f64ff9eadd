import { buffer } from 'node:stream/consumers';
import { constants, crc32, deflateRawSync } from 'node:zlib';
import { pack } from 'tar-stream';
import {
  type ArchiveContent,
  type ArchiveParts,
  archiveParts,
  type FileSpan,
  type SmallFile,
  spanOf,
} from './archive-entry.ts';
import { combineCrc32 } from './crc32-combine.ts';

const blockBytes = 512;
/** gzip (RFC 1952): deflate, no name, no time, unknown level, made on Unix. */
const gzipHeader = Buffer.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3);

/** A part of the deflate stream that ends at a byte, and what it stands for. */
interface Piece {
  readonly deflated: Uint8Array | FileSpan;
  readonly crc32: number;
  readonly sizeBytes: number;
}

/**
 * A tar.gz as one gzip member. Its deflate stream is made of parts that each end at a byte: the files that every archive
 * has, those of this one, then each program as it was deflated once, with its header before it.
 */
export async function tarGzParts(content: ArchiveContent): Promise<ArchiveParts> {
  const common = { mtime: new Date(content.modifiedMs), uid: 0, gid: 0, uname: 'root', gname: 'root' };
  const pieces: Piece[] = [await commonPiece(content)];
  let before = await tarOf(content.own, content.folder, common);
  for (const { name, file } of content.programs) {
    const entry = { ...common, name: `${content.folder}/${name}`, mode: 0o755, size: file.sizeBytes };
    pieces.push(deflated(Buffer.concat([before, await headerOf(entry)])));
    pieces.push({ deflated: spanOf(file), crc32: file.crc32, sizeBytes: file.sizeBytes });
    before = Buffer.alloc((blockBytes - (file.sizeBytes % blockBytes)) % blockBytes);
  }
  // Two blocks of zeros end a tar.
  pieces.push(deflated(Buffer.concat([before, Buffer.alloc(2 * blockBytes)]), constants.Z_FINISH));
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(
    pieces.reduce((sum, piece) => combineCrc32(sum, piece.crc32, piece.sizeBytes), 0),
    0,
  );
  trailer.writeUInt32LE(pieces.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) % 2 ** 32, 4);
  return archiveParts('application/gzip', [gzipHeader, ...pieces.map((piece) => piece.deflated), trailer]);
}

function deflated(bytes: Buffer, finishFlush: number = constants.Z_FULL_FLUSH): Piece {
  return { deflated: deflateRawSync(bytes, { finishFlush }), crc32: crc32(bytes), sizeBytes: bytes.length };
}

interface EntryFacts {
  readonly mtime: Date;
  readonly uid: number;
  readonly gid: number;
  readonly uname: string;
  readonly gname: string;
}

/** The folder and the files that are the same for every group: compressed at the first archive alone. */
const known = new WeakMap<readonly SmallFile[], { folder: string; modifiedMs: number; piece: Piece }>();

async function commonPiece({ folder, common, modifiedMs }: ArchiveContent): Promise<Piece> {
  const found = known.get(common);
  if (found?.folder === folder && found.modifiedMs === modifiedMs) return found.piece;
  const facts = { mtime: new Date(modifiedMs), uid: 0, gid: 0, uname: 'root', gname: 'root' };
  const tar = pack();
  tar.entry({ ...facts, name: `${folder}/`, type: 'directory', mode: 0o755 });
  tar.finalize();
  const top = withoutEnd(await buffer(tar));
  const piece = deflated(Buffer.concat([top, await tarOf(common, folder, facts)]));
  known.set(common, { folder, modifiedMs, piece });
  return piece;
}

/** Entries of small files, without the tar's end. */
async function tarOf(files: readonly SmallFile[], folder: string, facts: EntryFacts): Promise<Buffer> {
  const tar = pack();
  for (const { name, mode, body } of files) {
    tar.entry({ ...facts, name: `${folder}/${name}`, mode }, Buffer.from(body));
  }
  tar.finalize();
  return withoutEnd(await buffer(tar));
}

function withoutEnd(tar: Buffer): Buffer {
  return tar.subarray(0, tar.length - 2 * blockBytes);
}

/** tar-stream writes an entry's header as soon as the entry is opened, before any of its bytes. */
async function headerOf(entry: EntryFacts & { name: string; size: number; mode: number }): Promise<Buffer> {
  const tar = pack();
  tar.entry(entry, () => {});
  for await (const chunk of tar) {
    tar.destroy();
    if (chunk instanceof Uint8Array) return Buffer.from(chunk);
  }
  throw new Error('tar-stream wrote no header');
}
