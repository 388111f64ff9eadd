import type { Target } from '../target.ts';

/** Where to look, and how. */
export interface LookUp {
  readonly target: Target;
  readonly database: string;
  readonly collection: string;
  /** majority: only what no election can take back. */
  readonly readConcern: 'local' | 'majority';
}
