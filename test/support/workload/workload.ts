import type { MongoClient } from 'mongodb';
import type { RandomSource } from './random-source.ts';

export interface Workload {
  readonly client: MongoClient;
  readonly random: RandomSource;
  /** Major version of the source: 4.4, 5, 6, … */
  readonly version: number;
  /** Databases that it writes to. */
  readonly databases: readonly string[];
}
