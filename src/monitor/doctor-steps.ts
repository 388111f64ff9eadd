import { toAppError } from '../runtime/errors.ts';
import type { DoctorStep } from '../wire/agent-messages.ts';

export type Finding = Pick<DoctorStep, 'message'> & Partial<Pick<DoctorStep, 'state' | 'hint'>>;

/** The steps of one examination, in order: told one by one; after a failure the rest is skipped. */
export class DoctorSteps {
  readonly #tell: (step: DoctorStep) => void;
  #broken = false;
  #failures = 0;

  constructor(tell: (step: DoctorStep) => void) {
    this.#tell = tell;
  }

  get failures(): number {
    return this.#failures;
  }

  /** Runs a step unless an earlier one failed. A thrown error is a failure; `state` failed also breaks off the rest. */
  async run(step: string, title: string, work: () => Promise<Finding>): Promise<void> {
    if (this.#broken) {
      this.#tell({ step, title, state: 'skipped', message: 'An earlier step failed.' });
      return;
    }
    this.#tell({ step, title, state: 'running', message: '' });
    const begun = performance.now();
    const done = await this.#finding(work);
    if (done.state === 'failed') {
      this.#broken = true;
      this.#failures++;
    }
    const durationMs = Math.round(performance.now() - begun);
    this.#tell({ step, title, state: 'ok', ...done, message: done.message.slice(0, 4000), durationMs });
  }

  async #finding(work: () => Promise<Finding>): Promise<Finding> {
    try {
      return await work();
    } catch (thrown) {
      const { message, hint } = toAppError(thrown);
      return { state: 'failed', message, hint };
    }
  }
}
