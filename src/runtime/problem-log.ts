import { type AppError, toAppError } from './errors.ts';
import { type Trouble, troubleOf } from './health.ts';
import type { Log } from './log.ts';

/**
 * Logs a failure when it begins or changes, with its next step, and its end; not every time it repeats. Loops that share a set
 * of codes (all that talk to the server) fail for one reason: the first one tells it.
 */
export class ProblemLog {
  readonly #log: Log;
  readonly #what: string;
  readonly #toldByAll: Set<string>;
  #code: string | undefined;
  #isTeller = false;
  #error: AppError | undefined;
  #sinceMs = 0;

  constructor(log: Log, what: string, toldByAll = new Set<string>()) {
    this.#log = log;
    this.#what = what;
    this.#toldByAll = toldByAll;
  }

  /** What fails now. */
  get trouble(): Trouble | undefined {
    return this.#error === undefined ? undefined : troubleOf(this.#what, this.#error, this.#sinceMs);
  }

  failed(thrown: unknown): void {
    const error = toAppError(thrown);
    const { code, message, hint } = error;
    if (this.#error === undefined) this.#sinceMs = Date.now();
    this.#error = error;
    if (this.#code !== code) this.#leave();
    this.#code = code;
    if (this.#isTeller || this.#toldByAll.has(code)) return;
    this.#isTeller = true;
    this.#toldByAll.add(code);
    this.#log.warn(`${this.#what}: ${message}`, { code, next: hint });
  }

  worked(): void {
    this.#error = undefined;
    const code = this.#code;
    if (code === undefined) return;
    if (this.#isTeller) this.#log.info(`${this.#what}: works again`, { after: code });
    this.#leave();
    this.#code = undefined;
  }

  #leave(): void {
    if (this.#isTeller && this.#code !== undefined) this.#toldByAll.delete(this.#code);
    this.#isTeller = false;
  }
}
