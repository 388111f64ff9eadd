import { pipeline, Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { archiveStream } from './archive-stream.ts';
import { makePlan } from './plan.ts';
import type { RestoreSource } from './ports.ts';
import { tarStream } from './tar-stream.ts';

export interface StreamRequest {
  readonly source: RestoreSource;
  /** archive: what `mongorestore --archive --gzip` takes. tar: a .tar.gz of `db/collection.bson` and `metadata.json`. */
  readonly format: 'archive' | 'tar';
  /** Names with `*`; none: all. */
  readonly namespaces: readonly string[];
  readonly signal: AbortSignal;
}

/**
 * A source as a file, gzip level 1 (in the thread pool). It throws where the source fails: what was sent until then is no whole file, and
 * whoever sends it must cut the connection.
 */
export async function* restoreStream(request: StreamRequest): AsyncGenerator<Buffer, void, void> {
  const { source, format, namespaces, signal } = request;
  const plan = makePlan(source, { namespaces, renames: [], usersAndRoles: false });
  const made = format === 'archive' ? archiveStream(source, plan, signal) : tarStream(source, plan, signal);
  const gzip = createGzip({ level: 1, chunkSize: 256 * 1024 });
  // A failure destroys gzip too, and so reaches the loop below.
  pipeline(Readable.from(made, { highWaterMark: 2 }), gzip, () => {});
  for await (const bytes of gzip) {
    signal.throwIfAborted();
    if (Buffer.isBuffer(bytes)) yield bytes;
  }
}
