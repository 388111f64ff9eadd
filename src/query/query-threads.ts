import type { Worker } from 'node:worker_threads';
import { AppError } from '../runtime/errors.ts';
import { errorOf } from '../runtime/plain-error.ts';
import { startWorker } from '../runtime/worker.ts';
import type { Fitting, FromQueryThread, QueryWords, ToQueryThread } from './query-messages.ts';

export interface QueryThreadsSettings {
  readonly mostThreads?: number;
  /** What one block may take: a filter that needs longer is at fault. */
  readonly lookMs?: number;
  /** A thread that nobody needs ends after this time. */
  readonly idleMs?: number;
}

/** A query that was begun in a thread. Blocks are given one after another. */
export interface Look {
  /** A block that holds documents alone, as it is stored. */
  block(stored: Buffer): Promise<Looked>;
  document(bytes: Buffer): Promise<Looked>;
  /** Of a query that keeps: what it has kept. */
  end(): Promise<{ readonly documents: readonly Buffer[]; readonly more: boolean }>;
}
export interface Looked {
  readonly scanned: number;
  readonly isFull: boolean;
  readonly fitting:
    | (Omit<Fitting, 'stored' | 'upTo'> & { readonly stored: Buffer; readonly upTo: Buffer | null })
    | null;
}

const resourceLimits = { maxYoungGenerationSizeMb: 16, maxOldGenerationSizeMb: 256 };

/**
 * Threads that compare documents with filters that people typed. A pattern can take for ever on a short text, and nothing inside of a
 * thread ends that: so none is looked for where others wait, and a thread that does not answer is ended from outside.
 */
export class QueryThreads {
  readonly #settings: Required<QueryThreadsSettings>;
  readonly #idle: QueryThread[] = [];
  readonly #waiting: (() => void)[] = [];
  #taken = 0;

  constructor({ mostThreads = 4, lookMs = 5000, idleMs = 60_000 }: QueryThreadsSettings = {}) {
    this.#settings = { mostThreads, lookMs, idleMs };
  }

  /** Runs `work` with a query that has a thread of its own. @throws INPUT_INVALID for a filter that is none, or takes too long */
  async use<T>(query: QueryWords, signal: AbortSignal, work: (look: Look) => Promise<T>): Promise<T> {
    await this.#takeTurn(signal);
    const thread = this.#idleThread() ?? new QueryThread();
    thread.keepAlive();
    try {
      return await work(await this.#begin(thread, query, signal));
    } finally {
      if (thread.isAlive) this.#rest(thread);
      this.#taken--;
      this.#waiting.shift()?.();
    }
  }

  #idleThread(): QueryThread | undefined {
    for (let thread = this.#idle.pop(); thread !== undefined; thread = this.#idle.pop()) {
      if (thread.isAlive) return thread;
    }
    return undefined;
  }

  async #begin(thread: QueryThread, query: QueryWords, signal: AbortSignal): Promise<Look> {
    const { lookMs } = this.#settings;
    const ask = (message: ToQueryThread): Promise<FromQueryThread> => thread.ask(message, lookMs, signal);
    const looked = async (message: ToQueryThread): Promise<Looked> => {
      const answer = await ask(message);
      if (answer.kind !== 'looked') throw unexpected(answer);
      const { scanned, isFull, fitting } = answer;
      if (fitting === null) return { scanned, isFull, fitting };
      const upTo = fitting.upTo === null ? null : asBuffer(fitting.upTo);
      return { scanned, isFull, fitting: { ...fitting, stored: asBuffer(fitting.stored), upTo } };
    };
    // A new thread has its program to load first.
    await thread.ask({ kind: 'begin', query }, lookMs + startMs, signal);
    return {
      block: (stored) => looked({ kind: 'block', stored: new Uint8Array(stored) }),
      document: (bytes) => looked({ kind: 'document', bytes: new Uint8Array(bytes) }),
      end: async () => {
        const answer = await ask({ kind: 'end' });
        if (answer.kind !== 'ended') throw unexpected(answer);
        return { documents: answer.documents.map(asBuffer), more: answer.more };
      },
    };
  }

  async #takeTurn(signal: AbortSignal): Promise<void> {
    while (this.#taken >= this.#settings.mostThreads) {
      signal.throwIfAborted();
      const { promise, resolve } = Promise.withResolvers<void>();
      const go = (): void => resolve();
      this.#waiting.push(go);
      signal.addEventListener('abort', go, { once: true });
      await promise;
      signal.removeEventListener('abort', go);
      const at = this.#waiting.indexOf(go);
      if (at >= 0) this.#waiting.splice(at, 1);
      // Whoever goes without its turn passes it on.
      else if (signal.aborted) this.#waiting.shift()?.();
    }
    signal.throwIfAborted();
    this.#taken++;
  }

  #rest(thread: QueryThread): void {
    this.#idle.push(thread);
    thread.endAfter(this.#settings.idleMs, () => {
      const at = this.#idle.indexOf(thread);
      if (at >= 0) this.#idle.splice(at, 1);
    });
  }
}

const startMs = 20_000;

class QueryThread {
  readonly #worker: Worker;
  #pending:
    | { readonly resolve: (answer: FromQueryThread) => void; readonly reject: (error: AppError) => void }
    | undefined;
  #resting: NodeJS.Timeout | undefined;
  isAlive = true;

  constructor() {
    const worker = startWorker('query', new URL('./query-thread-main.ts', import.meta.url), { resourceLimits });
    this.#worker = worker;
    worker.on('message', (answer: FromQueryThread) => {
      const pending = this.#pending;
      this.#pending = undefined;
      if (answer.kind === 'failed') pending?.reject(errorOf(answer.error, 'the thread of a query'));
      else pending?.resolve(answer);
    });
    const gone = (cause?: unknown): void => {
      this.isAlive = false;
      this.#pending?.reject(new AppError('INTERNAL', 'the thread of a query has ended', { cause }));
      this.#pending = undefined;
    };
    worker.on('error', gone);
    worker.on('exit', () => gone());
    // It holds up no process that has nothing else to do.
    worker.unref();
  }

  async ask(message: ToQueryThread, longestMs: number, signal: AbortSignal): Promise<FromQueryThread> {
    const { promise, resolve, reject } = Promise.withResolvers<FromQueryThread>();
    signal.throwIfAborted();
    this.#pending = { resolve, reject };
    const stop = (reason: Error): void => {
      this.isAlive = false;
      this.#pending = undefined;
      reject(reason);
      void this.#worker.terminate();
    };
    const onAbort = (): void => {
      const reason: unknown = signal.reason;
      stop(reason instanceof Error ? reason : new Error(String(reason)));
    };
    const timer = setTimeout(() => stop(tooLong(longestMs)), longestMs);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      this.#worker.postMessage(message);
      return await promise;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    }
  }

  keepAlive(): void {
    clearTimeout(this.#resting);
  }

  endAfter(idleMs: number, onEnd: () => void): void {
    this.#resting = setTimeout(() => {
      this.isAlive = false;
      onEnd();
      void this.#worker.terminate();
    }, idleMs).unref();
  }
}

function tooLong(ms: number): AppError {
  return new AppError('INPUT_INVALID', `filter: comparing a block of documents with it took more than ${ms / 1000} s`, {
    hint: 'A pattern that can match one text in many ways does that, such as (a+)+$: write it without repetitions inside of repetitions.',
    details: { field: 'filter' },
  });
}

function unexpected({ kind }: FromQueryThread): AppError {
  return new AppError('INTERNAL', `the thread of a query answered ${kind}`);
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
