import { z } from 'zod';
import { timeMs } from './common.ts';

export const metricInfo = z.object({
  name: z.string(),
  title: z.string(),
  unit: z.string(),
  kind: z.enum(['counter', 'gauge']),
  explanation: z.string(),
  /** Chart of the host page, or null for a raw name. */
  chart: z.string().nullable(),
  /** Title of that chart. */
  chartTitle: z.string().optional(),
  raw: z.boolean(),
});
export const metricsAnswer = z.array(metricInfo);

/** [epochMs, min, avg, max]; a gap is a point whose three values are null. */
export const seriesPoint = z.tuple([timeMs, z.number().nullable(), z.number().nullable(), z.number().nullable()]);
export const series = z.object({
  metric: z.string(),
  unit: z.string(),
  resolutionMs: z.number(),
  points: z.array(seriesPoint),
});
export const seriesAnswer = z.object({ series: z.array(series) });
export const seriesQuery = z.object({
  metric: z.union([z.string(), z.array(z.string()).max(200)]),
  from: z.coerce.number(),
  to: z.coerce.number(),
  /** At most this many points per series; the coarsest level that gives them is read. */
  points: z.coerce.number().int().min(1).max(10_000).default(600),
});

export const storageUse = z.object({
  bytes: z.number(),
  budgetBytes: z.number(),
  levels: z.array(
    z.object({
      level: z.enum(['raw', 'minute', 'hour', 'day']),
      bytes: z.number(),
      oldestMs: timeMs.nullable(),
      keepMs: z.number(),
    }),
  ),
  /** Expected use when every level is full at today's number of hosts and metrics. */
  forecastBytes: z.number().nullable(),
});

export type MetricInfo = z.infer<typeof metricInfo>;
export type Series = z.infer<typeof series>;
export type SeriesPoint = z.infer<typeof seriesPoint>;
export type SeriesAnswer = z.infer<typeof seriesAnswer>;
export type StorageUse = z.infer<typeof storageUse>;
