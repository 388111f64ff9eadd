import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isSea } from 'node:sea';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import { type DeflatedFile, deflateOnce } from './deflated-file.ts';

export interface PreparedExecutable {
  readonly file: DeflatedFile;
  readonly modifiedMs: number;
}

interface SourceSettings {
  /** The executable to hand out; undefined = there is none. */
  readonly path: string | undefined;
  readonly cacheDir: string;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** How long a request waits for the preparation; default 60,000 ms. */
  readonly waitMs?: number;
}

/** The executable that archives hold, compressed once in the background; requests wait for it with a deadline. */
export class ExecutableSource {
  readonly #settings: SourceSettings;
  #prepared: PreparedExecutable | undefined;
  #underWay: Promise<PreparedExecutable> | undefined;

  constructor(settings: SourceSettings) {
    this.#settings = settings;
  }

  /** Whether there is an executable at all; it may have to be prepared still. */
  exists(): boolean {
    const { path } = this.#settings;
    return path !== undefined && existsSync(path);
  }

  ready(): boolean {
    return this.#prepared !== undefined;
  }

  /** Prepares it if nobody did; a failure is logged and tried again by the next request. */
  prepareInBackground(): void {
    this.#prepare().catch(() => {});
  }

  /** @throws NOT_FOUND when there is no executable, TIMEOUT when it is not ready in time, STORE_FULL and others of the disk. */
  async get(): Promise<PreparedExecutable> {
    if (this.#prepared !== undefined) return this.#prepared;
    const late = new AbortController();
    const waited = delay(this.#settings.waitMs ?? 60_000, undefined, { signal: late.signal, ref: false }).then(() => {
      throw new AppError('TIMEOUT', 'the archive is still being prepared', {
        retryable: true,
        hint: 'Try again in a minute.',
        details: { retryAfterSeconds: 60 },
      });
    });
    waited.catch(() => {});
    try {
      return await Promise.race([this.#prepare(), waited]);
    } finally {
      late.abort();
    }
  }

  #prepare(): Promise<PreparedExecutable> {
    this.#underWay ??= this.#make().catch((thrown: unknown) => {
      this.#underWay = undefined;
      throw thrown;
    });
    return this.#underWay;
  }

  async #make(): Promise<PreparedExecutable> {
    const { path, cacheDir, log, signal } = this.#settings;
    if (path === undefined || !existsSync(path)) {
      throw new AppError('NOT_FOUND', 'there is no executable to hand out: this server runs from its sources', {
        hint: 'Run "make build"; the archive then holds dist/leafward.',
      });
    }
    const began = performance.now();
    try {
      const { mtimeMs } = await stat(path);
      const file = await deflateOnce(path, cacheDir, signal);
      this.#prepared = { file, modifiedMs: mtimeMs };
      log.debug('agent archives are ready', { bytes: file.deflatedBytes, ms: Math.round(performance.now() - began) });
      return this.#prepared;
    } catch (thrown) {
      if (!signal.aborted) log.warn('agent archives cannot be prepared', { error: String(thrown) });
      throw diskError(thrown);
    }
  }
}

function diskError(thrown: unknown): unknown {
  if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOSPC')) return thrown;
  return new AppError('STORE_FULL', 'the disk is full: the archive cannot be prepared', {
    cause: thrown,
    retryable: true,
  });
}

/**
 * The executable that runs this server. `/proc/self/exe` stays the file that was started, also when an update has put another
 * one in its place. From sources it is what `make build` made, if it did.
 */
export function ownExecutable(): string | undefined {
  if (isSea()) return process.platform === 'linux' ? '/proc/self/exe' : process.execPath;
  const built = join(import.meta.dirname, '..', '..', '..', 'dist', 'leafward');
  return existsSync(built) ? built : undefined;
}
