import type { ApplyUpdates } from '../blocks/ports.ts';

export interface HistoryQuery {
  readonly namespace: string;
  readonly key: Buffer;
  /** The newest versions are answered when there are more. */
  readonly limit: number;
  readonly apply: ApplyUpdates;
  readonly signal: AbortSignal;
  /** Default 20 s. */
  readonly budgetMs?: number;
}
