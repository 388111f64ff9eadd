import { type FileHandle, open } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { AppError } from '../../runtime/errors.ts';
import type { ArchiveParts, FileSpan } from './archive-entry.ts';

/** Below 256 KiB the cost of each read and write shows: one download then runs at half the rate. */
const largeBytes = 256 * 1024;
const smallBytes = 64 * 1024;
/** So many downloads at once have large buffers; the others get small ones, so that memory stays flat. */
const largeAtOnce = 8;
const atOnce = 500;
/** A reader that takes nothing for this long is let go. */
const stalledMs = 60_000;

/** One buffer is filled from the disk while the socket takes the other. */
interface BufferPair {
  readonly full: Buffer;
  readonly empty: Buffer;
}

/**
 * Writes archives to responses. Each download has two buffers, and one is filled again only when the socket has taken what
 * was in it: memory does not grow with the size of the archive, and hardly with the number of readers.
 */
export class ArchiveSender {
  readonly #free: BufferPair[] = [];
  readonly #stalledMs: number;
  #running = 0;

  constructor(settings: { readonly stalledMs?: number } = {}) {
    this.#stalledMs = settings.stalledMs ?? stalledMs;
  }

  /** Before the first byte, while an error can still be answered. @throws TOO_MANY_ATTEMPTS */
  checkRoom(): void {
    if (this.#running < atOnce) return;
    throw new AppError('TOO_MANY_ATTEMPTS', `${atOnce} downloads are running`, {
      retryable: true,
      details: { retryAfterSeconds: 30 },
    });
  }

  /** Ends the response in any case; resolves also when the reader goes away: then not the whole was sent. */
  async send(response: ServerResponse, { segments }: ArchiveParts): Promise<{ whole: boolean; sentBytes: number }> {
    const buffers = this.#takeBuffers();
    this.#running++;
    const writer = new ResponseWriter(response, this.#stalledMs);
    try {
      for (const segment of segments) {
        if (segment instanceof Uint8Array) await writer.write(segment);
        else await writeSpan(writer, segment, buffers);
      }
      response.end();
      return { whole: true, sentBytes: writer.sentBytes };
    } catch {
      // Gone, stalled, or a disk that fails half way: the length was promised, so the reader notices.
      response.destroy();
      return { whole: false, sentBytes: writer.sentBytes };
    } finally {
      this.#running--;
      writer.close();
      // After a failure the socket may still hold on to the buffers.
      if (!response.destroyed && buffers.full.length === largeBytes) this.#free.push(buffers);
    }
  }

  #takeBuffers(): BufferPair {
    const bytes = this.#running < largeAtOnce ? largeBytes : smallBytes;
    const known = bytes === largeBytes ? this.#free.pop() : undefined;
    return known ?? { full: Buffer.allocUnsafeSlow(bytes), empty: Buffer.allocUnsafeSlow(bytes) };
  }
}

/** Reads ahead by one buffer. @throws when the file is shorter than it was */
async function writeSpan(writer: ResponseWriter, { path, offset, length }: FileSpan, pair: BufferPair): Promise<void> {
  let { full, empty } = pair;
  let writing: Promise<void> = Promise.resolve();
  let file: FileHandle | undefined;
  try {
    file = await open(path);
    for (let done = 0; done < length; ) {
      const { bytesRead } = await file.read(full, 0, Math.min(full.length, length - done), offset + done);
      if (bytesRead === 0) throw new Error(`${path} is shorter than it was`);
      await writing;
      done += bytesRead;
      writing = writer.write(full.subarray(0, bytesRead));
      // It is awaited after the next read: until then its failure is nobody's.
      writing.catch(() => {});
      [full, empty] = [empty, full];
    }
    await writing;
  } finally {
    await file?.close();
  }
}

/** Writes one after the other, with one timer and one listener for the whole response. */
class ResponseWriter {
  readonly #response: ServerResponse;
  readonly #timer: NodeJS.Timeout;
  readonly #gone = Promise.withResolvers<never>();
  sentBytes = 0;
  readonly #onClose = (): void => this.#gone.reject(new Error('the reader is gone'));

  constructor(response: ServerResponse, deadlineMs: number) {
    this.#response = response;
    this.#timer = setTimeout(() => this.#gone.reject(new Error('the reader takes nothing')), deadlineMs);
    this.#gone.promise.catch(() => {});
    response.once('close', this.#onClose);
  }

  /** Resolves when the kernel has the bytes. */
  async write(bytes: Uint8Array): Promise<void> {
    const written = new Promise<void>((resolve, reject) => {
      this.#response.write(bytes, (error) => (error == null ? resolve() : reject(error)));
    });
    await Promise.race([written, this.#gone.promise]);
    this.sentBytes += bytes.length;
    this.#timer.refresh();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#response.off('close', this.#onClose);
  }
}
