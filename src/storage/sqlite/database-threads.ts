import type { Worker } from 'node:worker_threads';
import { AppError } from '../../runtime/errors.ts';
import { startWorker } from '../../runtime/worker.ts';
import type { SqlDatabase, SqlResult, SqlRow, SqlStatement, SqlValue } from './database.ts';
import { sqlError } from './sql-error.ts';
import type { ThreadAnswer, ThreadData } from './thread-messages.ts';

interface Waiting {
  readonly bytes: number;
  readonly statements: readonly SqlStatement[];
  readonly resolve: (results: readonly SqlResult[]) => void;
  readonly reject: (error: AppError) => void;
}
interface Asked {
  readonly resolve: (answer: ThreadAnswer) => void;
  readonly reject: (error: AppError) => void;
}

/** At most this many transactions wait for the writer; more are refused as retryable, which agents answer by keeping their samples. */
const maxWaiting = 20_000;
const maxWaitingBytes = 128 * 2 ** 20;
const maxGroup = 2000;

/** The embedded database's threads: all writes that arrive during a commit share the next one. */
export class DatabaseThreads implements SqlDatabase {
  readonly #writer: Thread;
  readonly #reader: Thread;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #writing: Promise<void> | undefined;
  #closed = false;
  #closing: Promise<void> | undefined;

  private constructor(writer: Thread, reader: Thread) {
    this.#writer = writer;
    this.#reader = reader;
  }

  /** Starts writer and reader on an existing, migrated database file. */
  static async open(path: string): Promise<DatabaseThreads> {
    const writer = await Thread.start({ path, role: 'writer', busyTimeoutMs: 10_000 });
    const reader = await Thread.start({ path, role: 'reader', busyTimeoutMs: 10_000 });
    return new DatabaseThreads(writer, reader);
  }

  write(statements: readonly SqlStatement[]): Promise<readonly SqlResult[]> {
    if (this.#closed) return Promise.reject(closedError());
    const bytes = sizeOf(statements);
    const full =
      this.#waiting.length >= maxWaiting || (this.#waitingBytes > 0 && this.#waitingBytes + bytes > maxWaitingBytes);
    if (full) {
      const message = `${this.#waiting.length} writes (${this.#waitingBytes} bytes) already wait for the disk`;
      return Promise.reject(new AppError('TIMEOUT', message, { retryable: true }));
    }
    this.#waitingBytes += bytes;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ bytes, statements, resolve, reject });
      this.#writing ??= this.#drain();
    });
  }

  async read(sql: string, params: readonly SqlValue[] = []): Promise<readonly SqlRow[]> {
    const answer = await this.#reader.ask((id) => ({ kind: 'read', id, sql, params }));
    if (answer.kind === 'rows') return answer.rows;
    throw answer.kind === 'failed' ? sqlError(answer.error) : closedError();
  }

  /** Ends when all that was called before is written. May be called again, also while it runs. */
  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #end(): Promise<void> {
    this.#closed = true;
    await this.#writing;
    await Promise.all([this.#writer.close(), this.#reader.close()]);
  }

  async #drain(): Promise<void> {
    // One turn later, so that writes made in the same turn share the first commit too.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const group = this.#waiting.splice(0, maxGroup);
      this.#waitingBytes -= group.reduce((sum, waiting) => sum + waiting.bytes, 0);
      try {
        settle(
          group,
          await this.#writer.ask((id) => ({ kind: 'write', id, transactions: group.map((w) => w.statements) })),
        );
      } catch (thrown) {
        for (const waiting of group) waiting.reject(thrown as AppError);
      }
    }
    this.#writing = undefined;
  }
}

function sizeOf(statements: readonly SqlStatement[]): number {
  let bytes = 0;
  for (const { params = [] } of statements) {
    for (const param of params) {
      if (typeof param === 'string' || param instanceof Uint8Array) bytes += param.length;
    }
  }
  return bytes;
}

function settle(group: readonly Waiting[], answer: ThreadAnswer): void {
  for (const [index, waiting] of group.entries()) {
    const outcome = answer.kind === 'written' ? answer.outcomes[index] : undefined;
    if (outcome !== undefined && 'results' in outcome) waiting.resolve(outcome.results);
    else if (outcome !== undefined) waiting.reject(sqlError(outcome.error));
    else waiting.reject(answer.kind === 'failed' ? sqlError(answer.error) : closedError());
  }
}

class Thread {
  readonly #worker: Worker;
  readonly #asked = new Map<number, Asked>();
  readonly #exited: Promise<void>;
  #hasEnded = false;
  #nextId = 1;

  private constructor(worker: Worker) {
    this.#worker = worker;
    worker.on('message', (answer: ThreadAnswer) => {
      if (answer.kind === 'ready') return;
      const asked = this.#asked.get(answer.id);
      this.#asked.delete(answer.id);
      asked?.resolve(answer);
    });
    const fail = (cause?: unknown): void => {
      this.#hasEnded = true;
      for (const asked of this.#asked.values()) asked.reject(closedError(cause));
      this.#asked.clear();
    };
    worker.on('error', fail);
    this.#exited = new Promise((resolve) => {
      worker.on('exit', () => {
        fail();
        resolve();
      });
    });
  }

  static async start(data: ThreadData): Promise<Thread> {
    const worker = startWorker('sqlite', new URL('./worker-main.ts', import.meta.url), { workerData: data });
    await new Promise<void>((resolve, reject) => {
      worker.once('message', () => resolve());
      worker.once('error', (cause: Error & { errcode?: number }) => {
        reject(sqlError({ message: cause.message, errcode: cause.errcode ?? 0 }));
      });
    });
    return new Thread(worker);
  }

  ask(make: (id: number) => object): Promise<ThreadAnswer> {
    // A thread that is gone never answers.
    if (this.#hasEnded) return Promise.reject(closedError());
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#asked.set(id, { resolve, reject });
      this.#worker.postMessage(make(id));
    });
  }

  async close(): Promise<void> {
    this.#worker.postMessage({ kind: 'close' });
    await this.#exited;
  }
}

function closedError(cause?: unknown): AppError {
  return new AppError('STORE_LOCKED', 'the store is closed', {
    cause,
    hint: 'The server is stopping; try again when it is back.',
    retryable: true,
  });
}
