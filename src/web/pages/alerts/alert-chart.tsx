import { useMemo, useRef } from 'preact/hooks';
import type { Alert } from '../../../wire/api/alerts.ts';
import type { MetricInfo, Series, SeriesAnswer } from '../../../wire/api/metrics.ts';
import { formatValue } from '../../chart/unit-scale.ts';
import { Loaded } from '../../components/loaded.tsx';
import { shortTime, zoneName } from '../../format.ts';
import { useResource } from '../../resource.ts';
import { useGroup } from '../../session.ts';
import { useClock, useZone } from '../../zone.ts';
import { type AlertMetric, spanOf } from './alert-metric.ts';

const width = 1000;
const height = 160;
const refreshMs = 60_000;

interface AlertChartProps {
  readonly alert: Alert;
  readonly chart: AlertMetric;
}

/** The metric of an alert around its time, with the value that it passed and the moment at which it opened. */
export function AlertChart({ alert, chart }: AlertChartProps) {
  const { groupId } = useGroup();
  const minute = Math.floor(useClock(refreshMs) / refreshMs) * refreshMs + refreshMs;
  const { fromMs, toMs } = spanOf(alert, minute);
  const query = new URLSearchParams({ metric: chart.metric, from: String(fromMs), to: String(toMs), points: '400' });
  const path = `/groups/${groupId}/hosts/${encodeURIComponent(alert.subject.id)}/series?${query}`;
  const read = useResource<SeriesAnswer>(path);
  // The next minute is another path: what was drawn stays until it is there.
  const last = useRef<SeriesAnswer | undefined>(undefined);
  last.current = read.data ?? last.current;
  const answer = { ...read, data: last.current };
  const catalog = useResource<MetricInfo[]>('/catalog').data;
  const title = catalog?.find(({ name }) => name === chart.metric)?.title ?? chart.metric;
  return (
    <section class="card alert-chart" aria-label={title}>
      <header>
        <h2>{title}</h2>
        <span class="sub">{alert.subject.label}</span>
      </header>
      <Loaded from={answer} height={height + 40}>
        {({ series: [series] }) =>
          series === undefined || series.points.every(([, , value]) => value === null) ? (
            <p class="empty">No samples are kept of that time.</p>
          ) : (
            <Plot series={series} alert={alert} chart={chart} title={title} fromMs={fromMs} toMs={toMs} />
          )
        }
      </Loaded>
    </section>
  );
}

interface PlotProps extends AlertChartProps {
  readonly series: Series;
  readonly title: string;
  readonly fromMs: number;
  readonly toMs: number;
}

function Plot({ series, alert, chart, title, fromMs, toMs }: PlotProps) {
  const zone = useZone();
  const { points, unit } = series;
  const top = useMemo(() => {
    const values = points.flatMap(([, , average, most]) => [average ?? 0, most ?? 0]);
    return Math.max(...values, ...chart.thresholds, Number.MIN_VALUE) * 1.1;
  }, [points, chart]);
  const x = (ms: number) => (width * (ms - fromMs)) / (toMs - fromMs);
  const y = (value: number) => height - (height * value) / top;
  const words = (value: number) => formatValue(value, unit);
  const opened = x(alert.openedAtMs);
  const end = alert.closedAtMs === null ? width : x(alert.closedAtMs);
  const bounds = chart.thresholds.map(words).join(' and ');
  const sentence = `${title} from ${shortTime(fromMs, zone)} to ${shortTime(toMs, zone)} ${zoneName(toMs, zone)}; the alert opened at ${shortTime(alert.openedAtMs, zone)}${bounds === '' ? '' : `, the limit is ${bounds}`}.`;
  const times: readonly string[] = [
    shortTime(fromMs, zone),
    `opened ${shortTime(alert.openedAtMs, zone)}`,
    alert.closedAtMs === null ? 'now' : shortTime(toMs, zone),
  ];
  return (
    <div class="body">
      <div class="alert-plot">
        <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" role="img" aria-label={sentence}>
          <rect
            class={`held is-${alert.severity}`}
            x={opened}
            y="0"
            width={Math.max(1, end - opened)}
            height={height}
          />
          <path class="grid" d={`M0 ${height / 2}H${width}M0 ${height - 0.5}H${width}`} />
          {runs(points).map((run) => (
            <path
              key={run[0]?.[0]}
              class="line"
              d={`M${run.map(([ms, value]) => `${x(ms).toFixed(1)} ${y(value).toFixed(1)}`).join('L')}${run.length === 1 ? 'h1' : ''}`}
            />
          ))}
          {chart.thresholds.map((value) => (
            <path key={value} class="limit" d={`M0 ${y(value)}H${width}`} />
          ))}
          <path class={`opened is-${alert.severity}`} d={`M${opened} 0V${height}`} />
        </svg>
        <span class="y most">{words(top / 1.1)}</span>
        {chart.thresholds.map((value) => (
          <span key={value} class="y bound" style={{ top: `${(100 * y(value)) / height}%` }}>
            limit {words(value)}
          </span>
        ))}
      </div>
      <div class="alert-times">
        {times.map((words, at) => (
          <span key={at} style={at === 1 ? { '--p': `${opened / 10}%` } : {}}>
            {words}
          </span>
        ))}
      </div>
    </div>
  );
}

/** Stretches of samples: a gap is never bridged. */
function runs(points: Series['points']): (readonly [ms: number, value: number])[][] {
  const found: (readonly [number, number])[][] = [];
  let open = false;
  for (const [ms, , average] of points) {
    if (average === null) open = false;
    else if (open) found.at(-1)?.push([ms, average]);
    else {
      found.push([[ms, average]]);
      open = true;
    }
  }
  return found;
}
