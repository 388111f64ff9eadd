import { toAppError } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';

/** Logs a failure when it begins or changes, with its next step, and its end; not every time it repeats. */
export class ProblemLog {
  readonly #log: Log;
  readonly #what: string;
  #told: string | undefined;

  constructor(log: Log, what: string) {
    this.#log = log;
    this.#what = what;
  }

  failed(thrown: unknown): void {
    const { code, message, hint } = toAppError(thrown);
    if (this.#told === code) return;
    this.#told = code;
    this.#log.warn(`${this.#what}: ${message}`, { code, next: hint });
  }

  worked(): void {
    if (this.#told === undefined) return;
    this.#log.info(`${this.#what}: works again`, { after: this.#told });
    this.#told = undefined;
  }
}
