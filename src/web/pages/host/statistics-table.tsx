import type { LabelledSeries } from '../../chart/chart-data.ts';
import { type SeriesStatistics, seriesStatistics } from '../../chart/statistics.ts';
import { formatExactly, formatValue } from '../../chart/unit-scale.ts';

export interface StatisticsTableProps {
  readonly sources: readonly LabelledSeries[];
  readonly fromMs: number;
  readonly toMs: number;
  /** Address that compares this metric over all members of the set; null without a set. */
  readonly compareHref: (metric: string) => string | null;
}

const columns: readonly (readonly [keyof SeriesStatistics, string])[] = [
  ['last', 'last'],
  ['min', 'min'],
  ['average', 'average'],
  ['p95', 'p95'],
  ['max', 'max'],
];

/** Figures of every line of an expanded chart over the span on screen. */
export function StatisticsTable({ sources, fromMs, toMs, compareHref }: StatisticsTableProps) {
  const resolutionMs = Math.max(0, ...sources.map((source) => source.series.resolutionMs));
  const compared = sources.some((source) => compareHref(source.series.metric) !== null);
  if (sources.length === 0) return null;
  return (
    <div class="statistics">
      <table>
        <caption class="sr">Figures over the span on screen</caption>
        <thead>
          <tr>
            <th scope="col">Line</th>
            {columns.map(([, title]) => (
              <th scope="col" class="num" key={title}>
                {title}
              </th>
            ))}
            {compared && (
              <th scope="col">
                <span class="sr">Compare</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {sources.map((source) => {
            const figures = seriesStatistics(source.series.points, fromMs, toMs);
            const href = compareHref(source.series.metric);
            return (
              <tr key={source.key}>
                <th scope="row" title={source.key}>
                  {source.label}
                </th>
                {columns.map(([name, title]) => (
                  <td
                    class="num"
                    key={name}
                    data-label={title}
                    title={figures === null ? undefined : formatExactly(figures[name], source.series.unit)}
                  >
                    {figures === null ? '–' : formatValue(figures[name], source.series.unit)}
                  </td>
                ))}
                {compared && (
                  <td class="num">
                    {href !== null && (
                      <a href={href} aria-label={`Compare members: ${source.label}`}>
                        Compare members
                      </a>
                    )}
                  </td>
                )}
              </tr>
            );
          })}
        </tbody>
      </table>
      {resolutionMs > 0 && (
        <p class="note">
          One point is {pointWords(resolutionMs)}; min and max are of single samples, p95 of the points.
        </p>
      )}
    </div>
  );
}

function pointWords(ms: number): string {
  if (ms < 60_000) return `${Math.round(ms / 1000)} s`;
  if (ms < 3_600_000) return `${Math.round(ms / 60_000)} min`;
  return ms < 86_400_000 ? `${Math.round(ms / 360_000) / 10} h` : `${Math.round(ms / 8_640_000) / 10} d`;
}
