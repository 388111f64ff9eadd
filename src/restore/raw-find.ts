import { BSON, type Document } from 'mongodb';
import { documentEnd, elementType, findElement, textEnd } from '../model/bson-walk.ts';
import { AppError } from '../runtime/errors.ts';
import type { DocumentBatch } from './raw-insert.ts';
import type { Target } from './target.ts';

export interface RawFind {
  readonly database: string;
  readonly collection: string;
  /** Fields of the command besides `find` and `batchSize`. */
  readonly command: Document;
  readonly documentsAtOnce: number;
  readonly signal: AbortSignal;
}

/**
 * What a find answers, as raw documents one after another: the driver's cursor makes an object for each of them, and takes twice the
 * time. A batch is valid until the next one is asked for.
 */
export async function* findRaw(target: Target, find: RawFind): AsyncGenerator<DocumentBatch, void, void> {
  const { collection, documentsAtOnce: batchSize, signal } = find;
  const database = target.database(find.database);
  const session = target.client.startSession({ causalConsistency: false });
  const scratch = new Scratch();
  try {
    let reply = await database.command(
      { find: collection, batchSize, ...find.command },
      { session, raw: true, signal },
    );
    for (;;) {
      const { id, bytes, batchAt } = cursorOf(reply['cursor']);
      const batch = scratch.take(bytes, batchAt);
      if (batch.count > 0) yield batch;
      if (id === 0n) return;
      const more = { getMore: BSON.Long.fromBigInt(id), collection, batchSize };
      reply = await database.command(more, { session, raw: true, signal });
    }
  } finally {
    // It ends the server's cursor too.
    await session.endSession();
  }
}

const idName = Buffer.from('id');
const batchNames = [Buffer.from('nextBatch'), Buffer.from('firstBatch')];

function cursorOf(cursor: unknown): { readonly id: bigint; readonly bytes: Buffer; readonly batchAt: number } {
  if (!Buffer.isBuffer(cursor)) throw new AppError('INTERNAL', 'the driver gave no raw cursor');
  const idAt = findElement(cursor, 0, cursor.length, idName);
  for (const name of batchNames) {
    const at = findElement(cursor, 0, cursor.length, name);
    if (at < 0 || idAt < 0 || cursor[at] !== elementType.array || cursor[idAt] !== elementType.int64) continue;
    return { id: cursor.readBigInt64LE(idAt + 4), bytes: cursor, batchAt: at + name.length + 2 };
  }
  throw new AppError('FORMAT_INVALID', 'the answer to a find holds no batch');
}

/** Documents of an array, without its indexes between them. */
class Scratch {
  #bytes = Buffer.alloc(0);

  take(from: Buffer, start: number): DocumentBatch {
    const end = documentEnd(from, start, from.length) - 1;
    if (this.#bytes.length < end - start) this.#bytes = Buffer.allocUnsafe(end - start);
    const to = this.#bytes;
    let length = 0;
    let count = 0;
    for (let at = start + 4; at < end; count++) {
      const valueAt = textEnd(from, at + 1, end) + 1;
      at = documentEnd(from, valueAt, end);
      length += from.copy(to, length, valueAt, at);
    }
    return { bytes: to.subarray(0, length), count };
  }
}
