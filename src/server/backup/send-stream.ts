import type { ServerResponse } from 'node:http';
import { AppError } from '../../runtime/errors.ts';

/** A reader that takes nothing for so long is let go. */
const stalledMs = 120_000;

interface Sending {
  /** Makes the pieces; the signal aborts when the reader is gone. */
  readonly pieces: (signal: AbortSignal) => AsyncIterable<Uint8Array>;
  readonly signal: AbortSignal;
  readonly onSent: (bytes: number) => void;
}

/**
 * Writes pieces to a response whose head was written; the next one is made when the socket has taken the one before. Resolves when
 * the last byte has gone out. On any failure the socket is destroyed, never ended politely: what was cut must not look whole.
 */
export async function sendStream(response: ServerResponse, { pieces, signal, onSent }: Sending): Promise<void> {
  const gone = new AbortController();
  const onClose = (): void => {
    if (!response.writableFinished) gone.abort(new AppError('SERVER_UNREACHABLE', 'the reader went away'));
  };
  response.once('close', onClose);
  if (response.destroyed) onClose();
  const over = AbortSignal.any([signal, gone.signal]);
  const iterator = pieces(over)[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { done, value } = await unless(over, iterator.next());
      if (done === true) break;
      await unless(
        over,
        taken((next) => response.write(value, next)),
      );
      onSent(value.length);
    }
    await unless(
      over,
      taken((next) => response.end(next)),
    );
  } catch (thrown) {
    response.destroy();
    // It may be in the middle of a read: nobody waits for that.
    iterator.return?.().catch(() => {});
    throw thrown;
  } finally {
    response.off('close', onClose);
  }
}

/** Resolves when the kernel has the bytes. */
async function taken(work: (next: (error?: Error | null) => void) => unknown): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const late = new AppError('TIMEOUT', `the reader took nothing for ${stalledMs / 1000} s`);
  const timer = setTimeout(() => reject(late), stalledMs);
  work((error) => (error == null ? resolve() : reject(error)));
  try {
    await promise;
  } finally {
    clearTimeout(timer);
  }
}

async function unless<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const stop = (): void => reject(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  work.catch(() => {});
  try {
    signal.throwIfAborted();
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
