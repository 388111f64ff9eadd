import { type ClientSession, type Document, Long, MongoClient, MongoTopologyClosedError, Timestamp } from 'mongodb';
import { clientOptions, type HostConnection } from '../../deployment/connect.ts';
import { mongoError } from '../../deployment/mongo-error.ts';
import { readableErrors, readErrors } from '../../deployment/readable-errors.ts';
import type { Optime } from '../../model/optime.ts';
import { AppError } from '../../runtime/errors.ts';
import { emptyBatch, type RawBatch, readCursor } from './raw-batch.ts';

export const connectMs = 5000;
/** A batch of a scan may wait for the member to reach the optime that it is asked for. */
export const readMs = 60_000;

/** What a member says of itself and of its place in the oplog. */
export interface MemberHello {
  readonly setName: string | undefined;
  readonly isPrimary: boolean;
  readonly isSecondary: boolean;
  /** Newest entry that it has applied. */
  readonly applied: Optime | undefined;
  /** Newest entry that it knows to be on a majority. */
  readonly majority: Optime | undefined;
  readonly maxWireVersion: number;
}

/** A connection to one member of a replica set, for reading raw. */
export class MemberClient {
  readonly host: string;
  readonly #connection: HostConnection;
  readonly #maxConnections: number;
  #client: MongoClient;
  #connections = 0;
  #isClosed = false;

  /** @param maxConnections with one, all commands go over the same socket, one after the other */
  constructor(connection: HostConnection, maxConnections = 8) {
    this.host = connection.host;
    this.#connection = connection;
    this.#maxConnections = maxConnections;
    this.#client = this.#open();
  }

  #open(): MongoClient {
    const connection = this.#connection;
    const client = new MongoClient(`mongodb://${connection.connectTo ?? connection.host}/`, {
      ...clientOptions(connection),
      ...readableErrors,
      maxPoolSize: this.#maxConnections,
      serverSelectionTimeoutMS: connectMs,
      connectTimeoutMS: connectMs,
      socketTimeoutMS: readMs + 10_000,
      waitQueueTimeoutMS: readMs,
    });
    readErrors(client);
    client.on('connectionReady', () => {
      this.#connections++;
    });
    return client;
  }

  /** A driver's client that found no host when it was first used stays closed for ever: another one takes its place. */
  #renew(client: MongoClient, thrown: unknown): void {
    if (this.#isClosed || client !== this.#client || !(thrown instanceof MongoTopologyClosedError)) return;
    this.#client = this.#open();
    client.close(true).catch(() => undefined);
  }

  /** How many connections were made so far: a client that had to make another one may speak to another process. */
  get connectionsMade(): number {
    return this.#connections;
  }

  async hello(signal: AbortSignal): Promise<MemberHello> {
    const reply = await this.command('admin', { hello: 1 }, { signal, deadlineMs: connectMs });
    const lastWrite: unknown = reply['lastWrite'];
    const write = typeof lastWrite === 'object' && lastWrite !== null ? (lastWrite as Document) : {};
    return {
      setName: typeof reply['setName'] === 'string' ? reply['setName'] : undefined,
      isPrimary: reply['isWritablePrimary'] === true,
      isSecondary: reply['secondary'] === true,
      applied: optimeOf(write['opTime']),
      majority: optimeOf(write['majorityOpTime']),
      maxWireVersion: typeof reply['maxWireVersion'] === 'number' ? reply['maxWireVersion'] : 0,
    };
  }

  /** @throws AppError; `details.code` is the server's own code */
  async command(
    database: string,
    command: Document,
    options: {
      readonly signal: AbortSignal;
      readonly deadlineMs?: number;
      readonly raw?: boolean;
      readonly session?: ClientSession;
    },
  ): Promise<Document> {
    const { signal, deadlineMs = readMs, raw = false, session } = options;
    // Neither AbortSignal.timeout nor any(): what they leave behind until the deadline slows down thousands of commands.
    const call = new AbortController();
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      call.abort();
    }, deadlineMs + 500);
    const end = (): void => call.abort(signal.reason);
    signal.addEventListener('abort', end, { once: true });
    const client = this.#client;
    try {
      signal.throwIfAborted();
      return await client.db(database).command(command, {
        raw,
        readPreference: 'primaryPreferred',
        signal: call.signal,
        ...(session === undefined ? {} : { session }),
      });
    } catch (thrown) {
      this.#renew(client, thrown);
      signal.throwIfAborted();
      if (isLate) {
        throw new AppError('TIMEOUT', `${this.host} did not answer within ${deadlineMs / 1000} s`, {
          cause: thrown,
          retryable: true,
        });
      }
      throw mongoError(thrown, this.host, this.#connection);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
    }
  }

  /** Opens a cursor: `command` is a find, aggregate, listCollections or listIndexes. Its documents come as raw bytes. */
  async cursor(database: string, command: Document, signal: AbortSignal): Promise<RawCursor> {
    const session = this.#client.startSession({ causalConsistency: false });
    try {
      const reply = await this.command(database, command, { signal, raw: true, session });
      return new RawCursor(this, database, session, reply);
    } catch (thrown) {
      await session.endSession();
      throw thrown;
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#client.close(true);
  }
}

/** Raw batches of one cursor. The one that `cursor()` opened with is in `first`. */
export class RawCursor {
  readonly first: RawBatch;
  readonly #member: MemberClient;
  readonly #database: string;
  readonly #collection: string;
  readonly #session: ClientSession;
  #id: bigint;

  constructor(member: MemberClient, database: string, session: ClientSession, reply: Document) {
    const { id, batch, collection } = readCursor(cursorOf(reply));
    this.#member = member;
    this.#database = database;
    this.#collection = collection;
    this.#session = session;
    this.#id = id;
    this.first = batch;
  }

  /** No more batches come. */
  get isDone(): boolean {
    return this.#id === 0n;
  }

  /** The next batch. `awaitMs`: how long a tailable cursor waits for something new. */
  async next(
    options: { readonly batchSize?: number; readonly awaitMs?: number; readonly deadlineMs?: number },
    signal: AbortSignal,
  ): Promise<RawBatch> {
    if (this.isDone) return emptyBatch;
    const { batchSize, awaitMs, deadlineMs = readMs } = options;
    const command: Document = {
      getMore: Long.fromBigInt(this.#id),
      collection: this.#collection,
      ...(batchSize === undefined ? {} : { batchSize }),
      ...(awaitMs === undefined ? {} : { maxTimeMS: awaitMs }),
    };
    const how = { signal, deadlineMs, raw: true, session: this.#session };
    const reply = await this.#member.command(this.#database, command, how);
    const { id, batch } = readCursor(cursorOf(reply));
    this.#id = id;
    return batch;
  }

  /** Tells the server that it is not needed any more; a server that is gone needs no telling. */
  async close(): Promise<void> {
    const id = this.#id;
    this.#id = 0n;
    try {
      if (id !== 0n) {
        const command = { killCursors: this.#collection, cursors: [Long.fromBigInt(id)] };
        await this.#member.command(this.#database, command, {
          signal: AbortSignal.timeout(1000),
          deadlineMs: 1000,
          session: this.#session,
        });
      }
      await this.#session.endSession();
    } catch {
      // Its member ends it by itself after ten minutes.
    }
  }
}

function cursorOf(reply: Document): Buffer {
  const cursor: unknown = reply['cursor'];
  if (cursor instanceof Uint8Array) return Buffer.from(cursor.buffer, cursor.byteOffset, cursor.byteLength);
  throw new AppError('FORMAT_INVALID', 'the answer of the member holds no cursor');
}

/** `{ts, t}` of a reply. */
export function optimeOf(value: unknown): Optime | undefined {
  if (typeof value !== 'object' || value === null || !('ts' in value)) return undefined;
  if (!(value.ts instanceof Timestamp)) return undefined;
  const term = 't' in value ? value.t : undefined;
  return {
    ts: bigTimestamp(value.ts),
    term: Long.isLong(term) ? term.toNumber() : typeof term === 'number' ? term : -1,
  };
}

export function bigTimestamp(timestamp: Timestamp): bigint {
  return (BigInt(timestamp.getHighBitsUnsigned()) << 32n) | BigInt(timestamp.getLowBitsUnsigned());
}

/** For commands. */
export function bsonTimestamp(ts: bigint): Timestamp {
  return new Timestamp({ t: Number(ts >> 32n), i: Number(ts & 0xffff_ffffn) });
}
