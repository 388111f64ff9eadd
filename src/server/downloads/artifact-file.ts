import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { AppError } from '../../runtime/errors.ts';
import { type ArtifactHead, decodeArtifactHead, maxArtifactHeadBytes } from '../../wire/artifact.ts';
import type { ProgramFile } from './archive-entry.ts';

export const artifactEnding = '.artifact';

/** An artifact on disk (docs/formats/artifacts.md): its head is read and fits the file, its streams are not looked at. */
export interface ArtifactFile {
  readonly path: string;
  readonly head: ArtifactHead;
}

/** Reads the head and compares it with name and size of the file. @throws NOT_FOUND, INPUT_INVALID */
export async function readArtifact(path: string): Promise<ArtifactFile> {
  const { start, sizeBytes } = await startOf(path);
  const head = decodeArtifactHead(start);
  const name = `${head.header.name}${artifactEnding}`;
  if (basename(path) !== name) {
    throw new AppError('INPUT_INVALID', `${path} holds ${head.header.name}`, { hint: `Name the file ${name}.` });
  }
  if (sizeBytes !== head.totalBytes) {
    throw new AppError('INPUT_INVALID', `${path} has ${sizeBytes} bytes, ${head.totalBytes} were expected`, {
      hint: 'Fetch the file again and compare it with SHA256SUMS.',
    });
  }
  return { path, head };
}

/** Compares each stream with its hash; reads the whole file. @throws INPUT_INVALID names the file that is damaged */
export async function checkStreams({ path, head }: ArtifactFile, signal: AbortSignal): Promise<void> {
  for (const [index, { name, deflatedBytes, deflatedSha256 }] of head.header.files.entries()) {
    const start = head.offsets[index] ?? 0;
    const found = await sha256Of(path, signal, start, start + deflatedBytes - 1);
    if (found === deflatedSha256) continue;
    throw new AppError('INPUT_INVALID', `${path}: ${name} is damaged`, {
      hint: 'Fetch the file again and compare it with SHA256SUMS.',
    });
  }
}

/** SHA-256 of a file, or of its bytes from `start` to `end` (included), in hex. */
export async function sha256Of(path: string, signal: AbortSignal, start = 0, end?: number): Promise<string> {
  const hash = createHash('sha256');
  const range = end === undefined ? { start } : { start, end };
  const chunks = createReadStream(path, { ...range, highWaterMark: 256 * 1024, signal });
  for await (const chunk of chunks) hash.update(chunk);
  return hash.digest('hex');
}

/** What archives hold of an artifact: its programs, where their streams lie. */
export function programsOf({ path, head }: ArtifactFile): ProgramFile[] {
  return head.header.files.map(({ name, sizeBytes, crc32, deflatedBytes }, index) => ({
    name,
    file: { path, offset: head.offsets[index] ?? 0, deflatedBytes, sizeBytes, crc32 },
  }));
}

async function startOf(path: string): Promise<{ start: Buffer; sizeBytes: number }> {
  try {
    const file = await open(path);
    try {
      const buffer = Buffer.alloc(maxArtifactHeadBytes);
      const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
      return { start: buffer.subarray(0, bytesRead), sizeBytes: (await stat(path)).size };
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw new AppError('NOT_FOUND', `cannot read ${path}`, { cause, hint: 'Check the path and the rights on it.' });
  }
}
