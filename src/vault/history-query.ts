import type { UpdateRules } from '../blocks/ports.ts';

export interface HistoryQuery {
  readonly namespace: string;
  readonly key: Buffer;
  /** The newest versions are answered when there are more. */
  readonly limit: number;
  readonly rules: UpdateRules;
  readonly signal: AbortSignal;
  /** Default 20 s. */
  readonly budgetMs?: number;
}
