import type { Worker } from 'node:worker_threads';
import { AppError } from '../runtime/errors.ts';
import { errorOf } from '../runtime/plain-error.ts';
import { startWorker } from '../runtime/worker.ts';
import type { VaultLog } from '../vault/engine-parts.ts';
import type { VaultService } from '../vault/ports.ts';
import type { OpenVaultOptions } from './open-vault.ts';
import { parcel, unpack, type VaultAnswer } from './vault-rpc.ts';

interface Asked {
  readonly bytes: number;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: AppError) => void;
}
interface Waiting {
  readonly bytes: number;
  readonly go: () => void;
}

const threadName = "the backup store's thread";
/** Calls with more bytes than this on their way wait for those before them. */
const maxBytesUnderWay = 64 * 2 ** 20;

/** Every method of VaultService, by its name. */
const methods = {
  sets: true,
  set: true,
  blockKey: true,
  start: true,
  configure: true,
  stop: true,
  terminate: true,
  requestScan: true,
  markLost: true,
  scanState: true,
  beginScan: true,
  planScan: true,
  addBlocks: true,
  have: true,
  finishScan: true,
  appendSlices: true,
  snapshots: true,
  takeSnapshot: true,
  deleteSnapshot: true,
  timeline: true,
  writeSources: true,
  hold: true,
  openView: true,
  readView: true,
  findByKey: true,
  closeView: true,
  history: true,
  verify: true,
  checkSnapshot: true,
  checkProgress: true,
  use: true,
  close: true,
} as const satisfies Record<keyof VaultService, true>;

/**
 * Opens the vault in a thread of its own, so that folding and hashing never hold up what the server answers. Bytes that are passed to
 * `addBlocks` and `appendSlices` are handed over: the caller must not use them afterwards.
 * @throws what openVault throws
 */
export async function startVaultThread(
  options: Omit<OpenVaultOptions, 'clock' | 'log'>,
  log?: VaultLog,
): Promise<VaultService> {
  const worker = startWorker('vault', new URL('./vault-thread-main.ts', import.meta.url), { workerData: options });
  const thread = new VaultThread(worker, log);
  await thread.ready;
  return thread.service();
}

class VaultThread {
  readonly ready: Promise<void>;
  readonly #worker: Worker;
  readonly #asked = new Map<number, Asked>();
  readonly #waiting: Waiting[] = [];
  readonly #exited: Promise<void>;
  #bytes = 0;
  #nextId = 1;
  #ended = false;
  #closing: Promise<void> | undefined;

  constructor(worker: Worker, log: VaultLog | undefined) {
    this.#worker = worker;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.ready = promise;
    worker.on('message', (answer: VaultAnswer) => {
      if (answer.kind === 'ready') resolve();
      else if (answer.kind === 'log') log?.[answer.level](answer.message, answer.fields);
      else if (answer.kind === 'failed to open') reject(errorOf(answer.error, threadName));
      else this.#settle(answer);
    });
    const fail = (cause?: unknown): void => {
      this.#ended = true;
      reject(endedError(cause));
      for (const asked of this.#asked.values()) asked.reject(endedError(cause));
      this.#asked.clear();
      for (const { go } of this.#waiting.splice(0)) go();
    };
    worker.on('error', fail);
    this.#exited = new Promise((exited) => {
      worker.on('exit', () => {
        fail();
        exited();
      });
    });
  }

  service(): VaultService {
    const calls = Object.keys(methods).map((method) => [method, (...args: unknown[]) => this.#call(method, args)]);
    // The table above names every method once; each is passed on by its name.
    return { ...Object.fromEntries(calls), close: () => this.#close() } as VaultService;
  }

  async #call(method: string, args: readonly unknown[]): Promise<unknown> {
    if (this.#closing !== undefined) throw endedError();
    const id = this.#nextId++;
    const { message, transfer, bytes } = parcel({ id, method, args });
    if (this.#bytes > 0 && this.#bytes + bytes > maxBytesUnderWay) {
      await new Promise<void>((go) => this.#waiting.push({ bytes, go }));
    } else this.#bytes += bytes;
    if (this.#ended) throw endedError();
    return new Promise((resolve, reject) => {
      this.#asked.set(id, { bytes, resolve, reject });
      this.#worker.postMessage(message, transfer);
    });
  }

  #settle(answer: Extract<VaultAnswer, { kind: 'result' | 'error' }>): void {
    const asked = this.#asked.get(answer.id);
    if (asked === undefined) return;
    this.#asked.delete(answer.id);
    this.#bytes -= asked.bytes;
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      if (this.#bytes > 0 && this.#bytes + next.bytes > maxBytesUnderWay) break;
      this.#waiting.shift();
      this.#bytes += next.bytes;
      next.go();
    }
    if (answer.kind === 'error') asked.reject(errorOf(answer.error, threadName));
    else asked.resolve(unpack(answer.value));
  }

  #close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #end(): Promise<void> {
    if (!this.#ended) this.#worker.postMessage({ id: 0, method: 'close', args: [] });
    await this.#exited;
  }
}

function endedError(cause?: unknown): AppError {
  return new AppError('STORE_LOCKED', 'the backup store is closed', {
    cause,
    hint: 'The server is stopping; try again when it is back.',
    retryable: true,
  });
}
