import type { CatalogMetric, RawMetric } from '../../model/metric.ts';
import { metricCharts } from '../../model/metric-catalog.ts';
import { plainName } from '../../model/plain-name.ts';
import { reportedBy } from '../../model/reported-metrics.ts';
import type { MetricInfo } from '../../wire/api/metrics.ts';

const chartTitles: ReadonlyMap<string, string> = new Map(metricCharts.map(({ name, title }) => [name, title]));

/** What the API says of a metric of the catalog: words and chart, not how it is computed. */
export function catalogMetricInfo(metric: CatalogMetric): MetricInfo {
  const { name, title, unit, kind, explanation, chart } = metric;
  return { name, title, unit, kind, explanation, chart, chartTitle: chartTitles.get(chart) ?? chart, raw: false };
}

/** A counter's points are rates already, so its unit is one per second. */
export function rawMetricInfo({ name, kind, unit }: RawMetric): MetricInfo {
  return { name, title: plainName(name), unit, kind, explanation: '', chart: null, raw: true };
}

/**
 * What a host can chart: of the catalog what is computed from numbers that it reports, then every raw name. A host of
 * which no sample is kept keeps the catalog's charts: its rollups can still be drawn.
 */
export function hostMetrics(catalog: readonly CatalogMetric[], raw: readonly RawMetric[]): readonly MetricInfo[] {
  const reports = reportedBy(raw.map(({ name }) => name));
  const has = ({ source, chart }: CatalogMetric): boolean =>
    raw.length === 0 ? !chart.startsWith('agent') : reports(source);
  return [...catalog.filter(has).map(catalogMetricInfo), ...raw.map(rawMetricInfo)];
}
