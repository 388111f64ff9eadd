import { AppError, toAppError } from '../runtime/errors.ts';
import type { Trouble } from '../runtime/health.ts';
import type { Log } from '../runtime/log.ts';
import { sleep } from '../runtime/periodic.ts';
import { ProblemLog } from '../runtime/problem-log.ts';
import type { Pulse } from '../runtime/pulse.ts';
import { encodeSamples } from '../wire/sample-frames.ts';
import { type Batch, messageOf, type Outbox } from './outbox.ts';
import type { ServerLink } from './server-link.ts';

interface SenderParts {
  readonly outbox: Outbox;
  readonly link: ServerLink;
  readonly log: Log;
  /** Default: one of its own. */
  readonly problem?: ProblemLog;
  readonly signal: AbortSignal;
  readonly pulse?: Pulse;
  /** Samples that come within this time travel together. */
  readonly lingerMs: () => number;
}

const loop = 'sending samples';
/** A request and the rest after it take less; one that is slowed down by maxBandwidth waits for its turn. */
const stuckAfterMs = 600_000;
const firstBackOffMs = 1000;
const maxBackOffMs = 60_000;
/** While the server is away, samples wait no longer than this for the disk, where a crash does not lose them. */
const spillEveryMs = 5000;
const maxKnownSchemas = 5000;
const refusals: ReadonlySet<string> = new Set(['FORMAT_INVALID', 'INPUT_INVALID', 'BODY_TOO_LARGE', 'BODY_UNREADABLE']);

/** Sends what waits, in order, again and again until the server has it. Ends when the signal aborts. */
export class Sender {
  readonly #parts: SenderParts;
  readonly #problem: ProblemLog;
  readonly #diskProblem: ProblemLog;
  /** Hashes of schemas that the server has. */
  readonly #known = new Set<string>();
  #failures = 0;

  constructor(parts: SenderParts) {
    this.#parts = parts;
    this.#problem = parts.problem ?? new ProblemLog(parts.log, loop);
    this.#diskProblem = new ProblemLog(parts.log, 'samples wait in memory');
  }

  /** What keeps samples from the server, and from the disk. */
  get troubles(): readonly Trouble[] {
    return [this.#problem.trouble, this.#diskProblem.trouble].filter((trouble) => trouble !== undefined);
  }

  async run(): Promise<void> {
    const { outbox, signal, lingerMs, pulse } = this.#parts;
    while (!signal.aborted) {
      pulse?.rest(loop);
      await outbox.waitForSome(signal);
      pulse?.beat(loop, stuckAfterMs);
      if (this.#failures === 0) await sleep(lingerMs(), signal);
      if (signal.aborted) break;
      try {
        await this.#sendFirst();
        this.#failures = 0;
        this.#problem.worked();
      } catch (thrown) {
        if (signal.aborted) break;
        await this.#failed(thrown);
      }
    }
  }

  async #sendFirst(): Promise<void> {
    const { outbox, log } = this.#parts;
    const batch = await outbox.first();
    if (batch === undefined) return;
    try {
      await this.#send(batch);
    } catch (thrown) {
      outbox.kept();
      const { code, message } = toAppError(thrown);
      // The server read it and will never take it: to hold on to it would hold up all that follows.
      if (!refusals.has(code)) throw thrown;
      log.error('the server refuses samples, they are dropped', { code, message });
    }
    await outbox.sent(batch);
  }

  async #send(batch: Batch): Promise<void> {
    const { link, outbox } = this.#parts;
    if (batch.from === 'disk') {
      const { unknownStreams } = await link.samples(batch.body, batch.epoch, true);
      for (const stream of unknownStreams) outbox.forget(stream);
      return;
    }
    for (let attempt = 0; attempt < 3; attempt++) {
      const message = messageOf(batch.samples, batch.gaps, ({ hash }) => !this.#known.has(hash));
      const answer = await link.samples(encodeSamples(message), batch.epoch, false);
      for (const { hash } of message.schemas) this.#known.add(hash);
      if (this.#known.size > maxKnownSchemas) this.#known.clear();
      for (const hash of answer.missingSchemas) this.#known.delete(hash);
      if (answer.missingSchemas.length === 0) {
        return;
      }
    }
    throw new AppError('CONFLICT', 'the server asks for the same schema again and again', { retryable: true });
  }

  /** Rests before the next attempt; what waits goes to disk at once and again meanwhile. */
  async #failed(thrown: unknown): Promise<void> {
    const { signal } = this.#parts;
    this.#problem.failed(thrown);
    this.#failures++;
    const backOffMs = Math.min(maxBackOffMs, firstBackOffMs * 2 ** Math.min(this.#failures - 1, 10));
    const untilMs = performance.now() + backOffMs * (0.5 + Math.random() / 2);
    for (let leftMs = 1; leftMs > 0 && !signal.aborted; leftMs = untilMs - performance.now()) {
      await this.#spill();
      await sleep(Math.min(spillEveryMs, Math.max(0, untilMs - performance.now())), signal);
    }
  }

  async #spill(): Promise<void> {
    try {
      await this.#parts.outbox.spill();
      this.#diskProblem.worked();
    } catch (thrown) {
      this.#diskProblem.failed(thrown);
    }
  }
}
