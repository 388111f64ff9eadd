import type { BackupApi } from './backup-api.ts';
import type { ProgressPrinter } from './backup-progress.ts';
import type { Flags } from './commands.ts';

/** What an action of `leafward backup` is given. */
export interface ActionInput {
  readonly api: BackupApi;
  readonly flags: Flags;
  /** What stands after the action's name. */
  readonly args: readonly string[];
  readonly progress: ProgressPrinter;
  readonly signal: AbortSignal;
}
export interface Outcome {
  readonly json: unknown;
  readonly text: string;
  /** What was looked at is not well: exit status 1. */
  readonly failed?: boolean;
}
