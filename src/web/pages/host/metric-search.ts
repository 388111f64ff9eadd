import type { MetricInfo } from '../../../wire/api/metrics.ts';

export interface MetricIndex {
  readonly metrics: readonly MetricInfo[];
  /** Name and title of each, in lower case. */
  readonly texts: readonly string[];
}

export function indexMetrics(metrics: readonly MetricInfo[]): MetricIndex {
  return { metrics, texts: metrics.map((metric) => `${metric.title}\n${metric.name}`.toLowerCase()) };
}

/**
 * Metrics that contain every word of the query, in any order. Catalog metrics come first, then hits at the start of a
 * name part, then shorter names. An empty query gives all, catalog first.
 */
export function searchMetrics(index: MetricIndex, query: string): readonly MetricInfo[] {
  const words = query
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  const hits: { readonly metric: MetricInfo; readonly rank: number }[] = [];
  for (const [at, metric] of index.metrics.entries()) {
    const text = index.texts[at] ?? '';
    if (!words.every((word) => text.includes(word))) continue;
    const whole = words.every((word) => startsPart(text, word));
    hits.push({ metric, rank: (metric.raw ? 2 : 0) + (whole ? 0 : 1) });
  }
  if (words.length === 0) return hits.sort((a, b) => a.rank - b.rank).map((hit) => hit.metric);
  return hits.sort((a, b) => a.rank - b.rank || a.metric.name.length - b.metric.name.length).map((hit) => hit.metric);
}

function startsPart(text: string, word: string): boolean {
  const at = text.indexOf(word);
  return at === 0 || /[\s._-]/.test(text.charAt(at - 1));
}
