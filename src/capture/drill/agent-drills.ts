import { AppError, toAppError } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import { restorePatience, retry } from '../../runtime/retry.ts';
import type { BackupTasksAnswer, DrillOutcome, DrillProgress } from '../../wire/backup-messages.ts';
import { decodeViewChunks } from '../../wire/view-chunks.ts';
import type { BackupLink } from '../backup-link.ts';
import type { DrillTarget } from './drill-target.ts';

interface AgentDrillsParts {
  readonly link: Pick<BackupLink, 'drillView' | 'drillChunks' | 'drillProgress' | 'drillResult'>;
  readonly log: Log;
  readonly target: DrillTarget | undefined;
}

type Asked = BackupTasksAnswer['drills'][number];

const mostMessage = 4000;
const tellEveryMs = 2000;

/** Runs the restore drills that the server leaves to this agent, until the server says otherwise. */
export class AgentDrills {
  readonly #parts: AgentDrillsParts;
  readonly #running = new Map<string, AbortController>();
  readonly #ending = new Set<Promise<void>>();

  constructor(parts: AgentDrillsParts) {
    this.#parts = parts;
  }

  update(drills: readonly Asked[]): void {
    for (const [drillId, stop] of this.#running) {
      if (drills.some((asked) => asked.drillId === drillId)) continue;
      stop.abort(new Error('the drill is over'));
      this.#running.delete(drillId);
    }
    for (const asked of drills) {
      if (this.#running.has(asked.drillId)) continue;
      const stop = new AbortController();
      this.#running.set(asked.drillId, stop);
      const ended = this.#run(asked, stop.signal).finally(() => this.#ending.delete(ended));
      this.#ending.add(ended);
    }
  }

  /** What was restored so far stays: the next drill replaces it. */
  async close(): Promise<void> {
    for (const stop of this.#running.values()) stop.abort(new Error('the agent stops'));
    await Promise.all(this.#ending);
  }

  /** Never throws. */
  async #run(asked: Asked, signal: AbortSignal): Promise<void> {
    const { link } = this.#parts;
    const log = this.#parts.log.with({ replicaSet: asked.replicaSetId });
    try {
      log.info('a restore drill begins', { drill: asked.drillId });
      const outcome = await this.#outcome(asked, signal);
      const { ok, message } = outcome;
      log[ok ? 'info' : 'warn'](`the restore drill ${ok ? 'passed' : 'failed'}`, { drill: asked.drillId, message });
      await this.#patiently(() => link.drillResult({ ...asked, ...outcome }, signal), signal);
    } catch (thrown) {
      if (!signal.aborted) log.warn('the restore drill was given up', { reason: toAppError(thrown).message });
    }
  }

  /** What cannot be restored is an outcome too. @throws when the drill is not this agent's any more */
  async #outcome(asked: Asked, signal: AbortSignal): Promise<DrillOutcome> {
    const { target } = this.#parts;
    try {
      if (target === undefined) {
        throw new AppError('SETTINGS_INVALID', 'the agent that runs the drill has no drillTarget any more');
      }
      const source = await this.#source(asked, signal);
      signal.throwIfAborted();
      const outcome = await target.run(source, signal, this.#teller(asked, signal));
      return { ...outcome, message: outcome.message.slice(0, mostMessage) };
    } catch (thrown) {
      signal.throwIfAborted();
      const { code, message, hint } = toAppError(thrown);
      if (code === 'NOT_FOUND') throw thrown;
      return { ok: false, message: `${message} ${hint}`.trim().slice(0, mostMessage), documents: 0, bytes: 0 };
    }
  }

  /** Now and then, one at a time; nobody waits for it, and a failure costs no more than the news. */
  #teller(asked: Asked, signal: AbortSignal): (progress: DrillProgress) => void {
    const { link } = this.#parts;
    let isUnderWay = false;
    let toldAtMs = Number.NEGATIVE_INFINITY;
    return (progress) => {
      const now = performance.now();
      if (isUnderWay || now - toldAtMs < tellEveryMs || signal.aborted) return;
      isUnderWay = true;
      toldAtMs = now;
      link
        .drillProgress({ ...asked, progress }, signal)
        .catch(() => {})
        .finally(() => {
          isUnderWay = false;
        });
    };
  }

  async #source(asked: Asked, signal: AbortSignal) {
    const { link } = this.#parts;
    const view = await this.#patiently(() => link.drillView(asked, signal), signal);
    return {
      replicaSetId: asked.replicaSetId,
      view,
      chunks: async (uuid: string, afterKey: Buffer | null, maxBytes: number, callSignal: AbortSignal) => {
        const query = {
          ...{ ...asked, uuid, maxBytes, tellEnd: 'true' as const },
          ...(afterKey === null ? {} : { after: afterKey.toString('base64url') }),
        };
        return decodeViewChunks(await this.#patiently(() => link.drillChunks(query, callSignal), callSignal));
      },
    };
  }

  #patiently<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    return retry(work, { ...restorePatience, signal });
  }
}
