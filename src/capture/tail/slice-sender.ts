import { z } from 'zod';
import { AppError, toAppError } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import { sleep } from '../../runtime/periodic.ts';
import { ProblemLog } from '../../runtime/problem-log.ts';
import { type BackupTask, slicesAnswer } from '../../wire/backup-messages.ts';
import type { BackupLink } from '../backup-link.ts';
import { readOptimeMessage } from '../source/optime-message.ts';
import { type ChainEnd, emptyChain } from './slice.ts';
import type { Spool } from './spool.ts';

/** Well below what an envelope may be, so that one more slice of 8 MiB still fits. */
const envelopeBytes = 12 * 2 ** 20;
const maxSlices = 500;
const firstBackOffMs = 500;
const maxBackOffMs = 10_000;

interface SenderParts {
  readonly replicaSetId: string;
  readonly epoch: number;
  readonly spool: Spool;
  readonly link: BackupLink;
  readonly log: Log;
  readonly problems: Set<string>;
  /** The server has everything up to here. */
  readonly onStored: (place: ChainEnd) => void;
}

/** Sends slices in order, several at once; what the server has is dropped from the spool. */
export class SliceSender {
  readonly #parts: SenderParts;
  readonly #problem: ProblemLog;
  #backOffMs = firstBackOffMs;

  constructor(parts: SenderParts) {
    this.#parts = parts;
    this.#problem = new ProblemLog(parts.log, 'sending slices', parts.problems);
  }

  /**
   * Until the signal aborts. @throws SLICE_GAP when the server is at another place than the spool (serverPlace tells where),
   * LEASE_LOST, and whatever the server refuses for good.
   */
  async run(signal: AbortSignal): Promise<void> {
    const { spool } = this.#parts;
    while (!signal.aborted) {
      await spool.waitForSome(signal);
      if (signal.aborted) return;
      try {
        await this.#sendOldest(signal);
        this.#problem.worked();
        this.#backOffMs = firstBackOffMs;
      } catch (thrown) {
        signal.throwIfAborted();
        const error = toAppError(thrown);
        if (!error.retryable) throw error;
        this.#problem.failed(error);
        await sleep(this.#backOffMs * (0.5 + Math.random() / 2), signal);
        this.#backOffMs = Math.min(maxBackOffMs, this.#backOffMs * 2);
      }
    }
  }

  async #sendOldest(signal: AbortSignal): Promise<void> {
    const { replicaSetId, epoch, spool, link, onStored } = this.#parts;
    const slices = await spool.oldest(envelopeBytes, maxSlices);
    if (slices.length === 0) return;
    const head = { replicaSetId, epoch, slices: slices.map(({ meta }) => meta) };
    const answer = await link.slices(
      head,
      slices.map(({ frame }) => frame),
      signal,
    );
    const place = { after: readOptimeMessage(answer.checkpoint), chain: Buffer.from(answer.chain, 'hex') };
    if (await spool.acknowledge(place)) return onStored(place);
    throw new AppError('SLICE_GAP', 'the server is at a place that is not in the spool', { details: answer });
  }
}

const gapDetails = z.union([slicesAnswer, z.object({ checkpoint: z.null(), chain: z.unknown() })]);

/** Where the server is, as SLICE_GAP tells it; undefined when it does not. */
export function serverPlace({ details }: AppError): ChainEnd | undefined {
  const parsed = gapDetails.safeParse(details);
  if (!parsed.success) return undefined;
  const { data } = parsed;
  if (data.checkpoint === null) return { after: null, chain: emptyChain };
  return { after: readOptimeMessage(data.checkpoint), chain: Buffer.from(String(data.chain), 'hex') };
}

/** Where the server is, as a task tells it. */
export function placeOf({ checkpoint, chain }: Pick<BackupTask, 'checkpoint' | 'chain'>): ChainEnd {
  if (checkpoint === null) return { after: null, chain: emptyChain };
  return { after: readOptimeMessage(checkpoint), chain: chain === null ? emptyChain : Buffer.from(chain, 'hex') };
}
