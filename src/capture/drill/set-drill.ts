import { AppError, toAppError } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import { retry } from '../../runtime/retry.ts';
import type { BackupTask, DrillOutcome } from '../../wire/backup-messages.ts';
import { decodeViewChunks } from '../../wire/view-chunks.ts';
import type { BackupLink } from '../backup-link.ts';
import type { DrillTarget } from './drill-target.ts';

interface SetDrillParts {
  readonly link: Pick<BackupLink, 'drillView' | 'drillChunks' | 'drillResult'>;
  readonly log: Log;
  readonly target: DrillTarget | undefined;
}

type Asked = Pick<BackupTask, 'replicaSetId' | 'epoch'> & { readonly drillId: string };

/** Waits of at most 5 s: about five minutes, in which a server can be started anew. */
const tries = 60;
const mostMessage = 4000;

/** Runs the restore drills of one replica set: what the task says, until the task says otherwise. */
export class SetDrill {
  readonly #parts: SetDrillParts;
  #drillId: string | undefined;
  #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(parts: SetDrillParts) {
    this.#parts = parts;
  }

  update({ replicaSetId, epoch, drill }: BackupTask): void {
    if (drill?.drillId === this.#drillId) return;
    this.#drillId = drill?.drillId;
    this.#stop.abort(new Error('the drill is over'));
    if (drill === undefined) return;
    const stop = new AbortController();
    this.#stop = stop;
    const asked = { replicaSetId, epoch, drillId: drill.drillId };
    this.#running = this.#running.then(() => this.#run(asked, stop.signal));
  }

  /** What was restored so far stays: the next drill replaces it. */
  async close(): Promise<void> {
    this.#stop.abort(new Error('the agent stops'));
    await this.#running;
  }

  /** Never throws. */
  async #run(asked: Asked, signal: AbortSignal): Promise<void> {
    const { link, log } = this.#parts;
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
        throw new AppError('SETTINGS_INVALID', 'the agent that has the set has no drillTarget any more');
      }
      const outcome = await target.run(await this.#source(asked, signal), signal);
      return { ...outcome, message: outcome.message.slice(0, mostMessage) };
    } catch (thrown) {
      signal.throwIfAborted();
      const { code, message, hint } = toAppError(thrown);
      if (code === 'LEASE_LOST' || code === 'NOT_FOUND') throw thrown;
      return { ok: false, message: `${message} ${hint}`.trim().slice(0, mostMessage), documents: 0, bytes: 0 };
    }
  }

  async #source(asked: Asked, signal: AbortSignal) {
    const { link } = this.#parts;
    const view = await this.#patiently(() => link.drillView(asked, signal), signal);
    return {
      replicaSetId: asked.replicaSetId,
      view,
      chunks: async (uuid: string, afterKey: Buffer | null, maxBytes: number, callSignal: AbortSignal) => {
        const query = {
          ...{ ...asked, uuid, maxBytes },
          ...(afterKey === null ? {} : { after: afterKey.toString('base64url') }),
        };
        return decodeViewChunks(await this.#patiently(() => link.drillChunks(query, callSignal), callSignal));
      },
    };
  }

  #patiently<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    return retry(work, { signal, firstDelayMs: 200, maxDelayMs: 5000, tries });
  }
}
