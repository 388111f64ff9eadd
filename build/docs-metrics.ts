import { writeFileSync } from 'node:fs';
import type { CatalogMetric, MetricSource } from '../src/model/metric.ts';
import { isFamily, metricCatalog, metricCharts } from '../src/model/metric-catalog.ts';

const page = new URL('../docs/metrics.md', import.meta.url);

/** `docs/metrics.md`, from the catalog. Run this file to write it; a test fails while the page is not current. */
export function renderMetricsPage(): string {
  const charts = metricCharts.map(({ name, title }) => {
    const rows = metricCatalog.filter((metric) => metric.chart === name).map(renderRow);
    return `## ${title}\n\n| metric | unit | what it is | source |\n| --- | --- | --- | --- |\n${rows.join('\n')}\n`;
  });
  return `${introduction}\n${charts.join('\n')}`;
}

const introduction = `# Metrics

Generated from the catalog (\`src/model/catalog\`) by \`build/docs-metrics.ts\`: change it there.

The ${metricCatalog.length} metrics below have a name that is never changed, also when MongoDB moves its own. Everything else
that MongoDB reports can be charted by its raw name, such as \`serverStatus.metrics.commands.find.total\`.

- **Rates** (units "… per second", "GB per hour") come from counters: their increase, divided by the time. A restart of the host
  never makes a negative spike, a missing sample stays a gap.
- **Families**, marked with \`:*\`, have one series per disk, file system, database, collection or index: \`disk.readLatency:nvme0n1\`.
  The bare name asks for all of them. A "." in a name is written "%2E".
- The source is what is computed from which raw names. \`a / b\` of counters divides their increases in the same interval;
  \`a | b\` takes the first that the host has, because names moved between MongoDB versions.
- In brackets: the name of the same measure in MMS, Cloud Manager and Ops Manager. Their measures of the MMAPv1 storage engine
  (background flush, index counters, journal, mapped memory) have no counterpart: that engine ended with MongoDB 4.0.
`;

function renderRow(metric: CatalogMetric): string {
  const name = `\`${metric.name}${isFamily(metric) ? ':*' : ''}\``;
  const mms = metric.mms === undefined ? '' : ` (${metric.mms})`;
  const cells = [
    name,
    metric.unit,
    `**${metric.title}.** ${metric.explanation}${mms}`,
    `\`${renderSource(metric.source)}\``,
  ];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function renderSource(source: MetricSource): string {
  if ('raw' in source) return source.raw;
  if ('match' in source) return source.each === true ? source.match : `sum(${source.match})`;
  if ('sum' in source) return `(${source.sum.map(renderSource).join(' + ')})`;
  if ('difference' in source) return `(${source.difference.map(renderSource).join(' - ')})`;
  if ('scaled' in source) return `${renderSource(source.scaled)} × ${source.factor}`;
  if ('firstOf' in source) return source.firstOf.map(renderSource).join(' | ');
  const scale = source.scale === undefined || source.scale === 1 ? '' : ` × ${source.scale}`;
  return `${source.ratio.map(renderSource).join(' / ')}${scale}`;
}

if (import.meta.main) writeFileSync(page, renderMetricsPage());
