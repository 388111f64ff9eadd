/** Rollup levels, in milliseconds; raw samples are level 0. */
export const rollupLevels = { minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const;
export type RollupMs = (typeof rollupLevels)[keyof typeof rollupLevels];

export interface MetricRetention {
  readonly rawMs: number;
  readonly minuteMs: number;
  readonly hourMs: number;
  readonly dayMs: number;
}

const day = rollupLevels.day;
/** 10 s for 2 days, 1 m for 14 days, 1 h for 13 months, 1 d for 5 years. */
export const defaultRetention: MetricRetention = {
  rawMs: 2 * day,
  minuteMs: 14 * day,
  hourMs: 396 * day,
  dayMs: 1827 * day,
};
