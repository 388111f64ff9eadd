import type { ComponentChildren } from 'preact';
import type { HostChart } from '../../chart/host-charts.ts';

/** Charts under a heading. */
export function ChartSection({
  title,
  charts,
  card,
}: {
  title: string;
  charts: readonly HostChart[];
  card: (chart: HostChart) => ComponentChildren;
}) {
  const id = `section-${title.replaceAll(/\W/g, '-')}`;
  return (
    <section class="chart-section" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      <div class="charts">{charts.map(card)}</div>
    </section>
  );
}

/** One line for all charts that this process has nothing for. */
export function AbsentCharts({ titles }: { readonly titles: readonly string[] }) {
  if (titles.length === 0) return null;
  return (
    <p class="absent">
      No samples of: {titles.map((title) => title.charAt(0).toLowerCase() + title.slice(1)).join(', ')}. This process
      does not report them, or the agent may not read them.
    </p>
  );
}
