import { buffer } from 'node:stream/consumers';
import { constants, crc32, deflateRawSync } from 'node:zlib';
import { pack } from 'tar-stream';
import type { ArchiveContent, ArchiveParts } from './archive-entry.ts';
import { combineCrc32 } from './crc32-combine.ts';

const blockBytes = 512;
/** gzip (RFC 1952): deflate, no name, no time, unknown level, made on Unix. */
const gzipHeader = Buffer.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3);

/**
 * A tar.gz as one gzip member. Its deflate stream is made of three parts that each end at a byte: what stands before the
 * executable's bytes, the executable as it was deflated once, and what stands after.
 */
export async function tarGzParts(content: ArchiveContent): Promise<ArchiveParts> {
  const { file } = content.executable;
  const before = await tarBefore(content);
  const padding = (blockBytes - (file.sizeBytes % blockBytes)) % blockBytes;
  // Two blocks of zeros end a tar.
  const after = Buffer.alloc(padding + 2 * blockBytes);
  const checksum = combineCrc32(combineCrc32(crc32(before), file.crc32, file.sizeBytes), crc32(after), after.length);
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(checksum, 0);
  trailer.writeUInt32LE((before.length + file.sizeBytes + after.length) % 2 ** 32, 4);
  const head = Buffer.concat([gzipHeader, deflateRawSync(before, { finishFlush: constants.Z_FULL_FLUSH })]);
  const tail = Buffer.concat([deflateRawSync(after), trailer]);
  return {
    contentType: 'application/gzip',
    head,
    deflatedPath: file.path,
    tail,
    totalBytes: head.length + file.deflatedBytes + tail.length,
  };
}

/** The folder, the small files and the executable's header; the executable comes last, so that its bytes follow. */
async function tarBefore({ folder, executable, files, modifiedMs }: ArchiveContent): Promise<Buffer> {
  const tar = pack();
  const common = { mtime: new Date(modifiedMs), uid: 0, gid: 0, uname: 'root', gname: 'root' };
  tar.entry({ ...common, name: `${folder}/`, type: 'directory', mode: 0o755 });
  for (const { name, mode, body } of files)
    tar.entry({ ...common, name: `${folder}/${name}`, mode }, Buffer.from(body));
  tar.finalize();
  const small = await buffer(tar);
  return Buffer.concat([
    small.subarray(0, small.length - 2 * blockBytes),
    await executableHeader({
      ...common,
      name: `${folder}/${executable.name}`,
      mode: 0o755,
      size: executable.file.sizeBytes,
    }),
  ]);
}

/** tar-stream writes an entry's header as soon as the entry is opened, before any of its bytes. */
async function executableHeader(entry: { name: string; size: number; mode: number; mtime: Date }): Promise<Buffer> {
  const tar = pack();
  tar.entry(entry, () => {});
  for await (const chunk of tar) {
    tar.destroy();
    if (chunk instanceof Uint8Array) return Buffer.from(chunk);
  }
  throw new Error('tar-stream wrote no header');
}
