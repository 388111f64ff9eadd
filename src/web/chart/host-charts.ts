import { plainName } from '../../model/plain-name.ts';
import type { MetricInfo } from '../../wire/api/metrics.ts';
import { chartSections, stackedCharts } from './chart-layout.ts';

/** A chart of the host page. Its metrics are those of the catalog that name it; all have one unit. */
export interface HostChart {
  readonly id: string;
  readonly title: string;
  readonly unit: string;
  readonly metrics: readonly MetricInfo[];
  readonly stacked: boolean;
}

export interface ChartSection {
  readonly title: string;
  readonly charts: readonly HostChart[];
}

const otherTitle = 'More';

/** The charts of a host in their sections, from the metrics it has. What the layout does not name comes last. */
export function hostSections(metrics: readonly MetricInfo[]): readonly ChartSection[] {
  const named = Map.groupBy(
    metrics.filter((metric) => !metric.raw && metric.chart !== null),
    (metric) => metric.chart ?? '',
  );
  const placed = new Set(chartSections.flatMap((section) => section.charts));
  const sections = chartSections.map((section) => ({
    title: section.title,
    charts: section.charts.flatMap((id) => chartsOf(id, named.get(id) ?? [])),
  }));
  const rest = [...named.keys()].filter((id) => !placed.has(id));
  sections.push({ title: otherTitle, charts: rest.flatMap((id) => chartsOf(id, named.get(id) ?? [])) });
  return sections.filter((section) => section.charts.length > 0);
}

/** Titles of the catalog's charts that the host has no metric of. Charts of an agent are not missed on a host. */
export function absentCharts(metrics: readonly MetricInfo[], catalog: readonly MetricInfo[]): readonly string[] {
  const present = new Set(metrics.map((metric) => metric.chart));
  const missing = catalog.filter((metric) => !present.has(metric.chart) && metric.chart?.startsWith('agent') === false);
  return [...new Set(hostSections(missing).flatMap((section) => section.charts.map((chart) => chart.title)))];
}

/** A chart of one metric that the reader added. */
export function addedChart(metric: MetricInfo): HostChart {
  const title = metric.raw ? rawTitle(metric.name) : metric.title;
  return { id: `+${metric.name}`, title, unit: metric.unit, metrics: [{ ...metric, title }], stacked: false };
}

/** The last two parts of a raw name: `cache › bytes currently in the cache`. */
export function rawTitle(name: string): string {
  return name.split('.').slice(-2).map(plainName).join(' › ');
}

function chartsOf(id: string, metrics: readonly MetricInfo[]): HostChart[] {
  const drawn = metrics.filter((metric) => metric.name !== stackedCharts.get(id));
  const units = [...new Set(drawn.map((metric) => metric.unit))];
  const title = drawn[0]?.chartTitle ?? id;
  return units.map((unit, index) => ({
    id: index === 0 ? id : `${id}-${unit.replaceAll(' ', '-')}`,
    title: index === 0 ? title : `${title}, ${unit}`,
    unit,
    metrics: drawn.filter((metric) => metric.unit === unit),
    stacked: stackedCharts.has(id),
  }));
}
