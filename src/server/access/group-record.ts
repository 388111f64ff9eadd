import type { MetricRetention } from '../../model/resolution.ts';

export interface GroupRecord {
  readonly id: string;
  readonly name: string;
  readonly createdAtMs: number;
  readonly intervalMs: number;
  readonly collectDatabases: boolean;
  readonly collectCollections: boolean;
  readonly retention: MetricRetention;
  readonly diskBudgetBytes: number;
  /** Members without a second factor are let in nowhere. */
  readonly secondFactorRequired: boolean;
}
