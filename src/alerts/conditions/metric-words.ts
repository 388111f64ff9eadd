import type { MetricUnit } from '../../model/metric.ts';
import { catalogMetric } from '../../model/metric-catalog.ts';
import { plainName } from '../../model/plain-name.ts';
import { rawMetricUnit } from '../../model/raw-metric.ts';

/** How people are told of a metric, from the catalog or raw. */
export function metricWords(name: string): {
  readonly title: string;
  readonly unit: MetricUnit;
  readonly explanation: string;
} {
  const known = catalogMetric(name);
  if (known !== undefined) return known;
  return { title: plainName(name), unit: rawMetricUnit(name), explanation: `The raw metric ${name}.` };
}
