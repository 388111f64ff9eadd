import type { ViewAnswer } from '../../wire/api/backup-reading.ts';
import type { DrillOutcome, DrillProgress } from '../../wire/backup-messages.ts';
import type { WireChunk } from '../../wire/view-chunks.ts';

/** A snapshot as a drill restores it. */
export interface DrillSource {
  readonly replicaSetId: string;
  readonly view: ViewAnswer;
  /** The next chunks of a collection; empty at the end. May be asked again for the same place. */
  chunks(uuid: string, afterKey: Buffer | null, maxBytes: number, signal: AbortSignal): Promise<readonly WireChunk[]>;
}

/** The target of this agent's own settings, which the server never learns more of than `name`. Made by the command. */
export interface DrillTarget {
  /** `host:port[,host:port…]` */
  readonly name: string;
  /** Restores the source and proves it. @throws AppError for what could not be done at all */
  run(source: DrillSource, signal: AbortSignal, onProgress: (progress: DrillProgress) => void): Promise<DrillOutcome>;
}
