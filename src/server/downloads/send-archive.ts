import { once } from 'node:events';
import { type FileHandle, open } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { AppError } from '../../runtime/errors.ts';
import type { ArchiveParts } from './archive-entry.ts';

const chunkBytes = 64 * 1024;
const atOnce = 500;
/** A reader that takes nothing for this long is let go. */
const stalledMs = 60_000;

/**
 * Writes archives to responses. Each download has one buffer, which is filled again only when the socket has taken what was
 * in it: memory does not grow with the size of the archive, and hardly with the number of readers.
 */
export class ArchiveSender {
  readonly #free: Buffer[] = [];
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

  /** Ends the response in any case; resolves also when the reader goes away. */
  async send(response: ServerResponse, { head, deflatedPath, tail }: ArchiveParts): Promise<void> {
    const buffer = this.#free.pop() ?? Buffer.allocUnsafeSlow(chunkBytes);
    this.#running++;
    let file: FileHandle | undefined;
    try {
      file = await open(deflatedPath);
      await this.#write(response, head);
      for (;;) {
        const { bytesRead } = await file.read(buffer, 0, chunkBytes);
        if (bytesRead === 0) break;
        await this.#write(response, buffer.subarray(0, bytesRead));
      }
      response.end(tail);
    } catch {
      // Gone, stalled, or a disk that fails half way: the length was promised, so the reader notices.
      response.destroy();
    } finally {
      this.#running--;
      await file?.close();
      // After a failure the socket may still hold on to the buffer.
      if (!response.destroyed) this.#free.push(buffer);
    }
  }

  /** Resolves when the kernel has the bytes. */
  async #write(response: ServerResponse, bytes: Uint8Array): Promise<void> {
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(new Error('the reader takes nothing')), this.#stalledMs);
    try {
      const closed = once(response, 'close', { signal: late.signal }).then(() => {
        throw new Error('the reader is gone');
      });
      closed.catch(() => {});
      const written = new Promise<void>((resolve, reject) => {
        response.write(bytes, (error) => (error == null ? resolve() : reject(error)));
      });
      await Promise.race([written, closed]);
    } finally {
      clearTimeout(timer);
      late.abort();
    }
  }
}
