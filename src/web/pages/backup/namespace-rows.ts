import type { ViewAnswer } from '../../../wire/api/backup-reading.ts';

export type NamespaceRow = ViewAnswer['collections'][number];

const bucketsPrefix = 'system.buckets.';

/** A time series is one row, with the size of its buckets: they go by its name. */
export function withSeries(rows: readonly NamespaceRow[]): readonly NamespaceRow[] {
  const bySeries = new Map<string, NamespaceRow>();
  for (const row of rows) {
    const [database = '', ...rest] = row.namespace.split('.');
    const name = rest.join('.');
    if (name.startsWith(bucketsPrefix)) bySeries.set(`${database}.${name.slice(bucketsPrefix.length)}`, row);
  }
  const series = rows.filter(({ type, namespace }) => type === 'timeseries' && bySeries.has(namespace));
  const hidden = new Set(series.map(({ namespace }) => bySeries.get(namespace)?.uuid));
  return rows
    .filter(({ uuid }) => !hidden.has(uuid))
    .map((row) => {
      const buckets = row.type === 'timeseries' ? bySeries.get(row.namespace) : undefined;
      return buckets === undefined ? row : { ...row, contentBytes: buckets.contentBytes, indexes: buckets.indexes };
    });
}
