import { createHash, type Hash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { constants, crc32, createDeflateRaw } from 'node:zlib';
import { z } from 'zod';
import { writeFileAtomically } from '../../runtime/atomic-file.ts';

/**
 * A file as raw deflate (RFC 1951) without a final block, ended by a full flush: it begins and ends at a byte and refers
 * to nothing outside itself, so it can stand inside any deflate stream between other such parts.
 */
export interface DeflatedFile {
  readonly path: string;
  /** Where it begins in the file at `path`. */
  readonly offset: number;
  readonly deflatedBytes: number;
  /** Size and CRC-32 of what it was made of. */
  readonly sizeBytes: number;
  readonly crc32: number;
}

const storedFacts = z.object({
  deflatedBytes: z.number().int(),
  sizeBytes: z.number().int(),
  crc32: z.number().int(),
  /** SHA-256 of the deflated bytes: a damaged cache must not reach a user. */
  sha256: z.string(),
});

const chunkBytes = 256 * 1024;

/**
 * The deflated form of `source`, from `cacheDir` when it is there, made otherwise. It is found by the source's SHA-256;
 * those of other sources are removed. Compression runs on zlib's own threads.
 */
export async function deflateOnce(source: string, cacheDir: string, signal: AbortSignal): Promise<DeflatedFile> {
  await mkdir(cacheDir, { recursive: true, mode: 0o700 });
  const name = `executable-${await sha256Of(source, signal)}`;
  const path = join(cacheDir, `${name}.deflate`);
  const factsPath = join(cacheDir, `${name}.json`);
  const known = await fromCache(path, factsPath, signal);
  if (known !== undefined) return known;
  await removeOthers(cacheDir);
  const facts = await compress(source, path, signal);
  await writeFileAtomically(factsPath, JSON.stringify(facts));
  return { path, offset: 0, deflatedBytes: facts.deflatedBytes, sizeBytes: facts.sizeBytes, crc32: facts.crc32 };
}

async function compress(source: string, path: string, signal: AbortSignal): Promise<z.infer<typeof storedFacts>> {
  const temporary = `${path}.${process.pid}.tmp`;
  const hash = createHash('sha256');
  let [sizeBytes, checksum, deflatedBytes] = [0, 0, 0];
  try {
    await pipeline(
      createReadStream(source, { highWaterMark: chunkBytes }),
      async function* (chunks: AsyncIterable<Buffer>) {
        for await (const chunk of chunks) {
          sizeBytes += chunk.length;
          checksum = crc32(chunk, checksum);
          yield chunk;
        }
      },
      createDeflateRaw({ level: 6, chunkSize: chunkBytes, finishFlush: constants.Z_FULL_FLUSH }),
      async function* (chunks: AsyncIterable<Buffer>) {
        for await (const chunk of chunks) {
          deflatedBytes += chunk.length;
          hash.update(chunk);
          yield chunk;
        }
      },
      createWriteStream(temporary, { mode: 0o600, flush: true }),
      { signal },
    );
    await rename(temporary, path);
  } catch (thrown) {
    await rm(temporary, { force: true });
    throw thrown;
  }
  return { sizeBytes, crc32: checksum, deflatedBytes, sha256: hash.digest('hex') };
}

async function fromCache(path: string, factsPath: string, signal: AbortSignal): Promise<DeflatedFile | undefined> {
  try {
    const { sha256, ...facts } = storedFacts.parse(JSON.parse(await readFile(factsPath, 'utf8')));
    if ((await stat(path)).size !== facts.deflatedBytes || (await sha256Of(path, signal)) !== sha256) return undefined;
    return { path, offset: 0, ...facts };
  } catch {
    // Absent or damaged: it is made again.
    signal.throwIfAborted();
    return undefined;
  }
}

async function removeOthers(cacheDir: string): Promise<void> {
  for (const name of await readdir(cacheDir)) {
    if (name.startsWith('executable-')) await rm(join(cacheDir, name), { force: true });
  }
}

async function sha256Of(path: string, signal: AbortSignal): Promise<string> {
  const hash: Hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: chunkBytes, signal })) hash.update(chunk);
  return hash.digest('hex');
}
