import type { ComponentChildren } from 'preact';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { plainName } from '../../../model/plain-name.ts';
import type { MetricInfo, Series } from '../../../wire/api/metrics.ts';
import { buildChartData, type LabelledSeries } from '../../chart/chart-data.ts';
import { chartSentence } from '../../chart/chart-sentence.ts';
import { gapSpans, hasEnded } from '../../chart/gap-spans.ts';
import type { HostChart } from '../../chart/host-charts.ts';
import { LegendOutline } from '../../chart/legend.tsx';
import type { LiveSeries } from '../../chart/live-series.ts';
import type { Marker } from '../../chart/markers.ts';
import { isMinorMount } from '../../chart/mounts.ts';
import { PlotView } from '../../chart/plot-view.tsx';
import type { MetricState } from '../../chart/series-port.ts';
import { spanWords, type Zone } from '../../chart/time-axis.ts';
import type { TimeWindow } from '../../chart/time-range.ts';
import { formatParts } from '../../chart/unit-scale.ts';
import { useSeries } from '../../chart/use-series.ts';
import { useVisible } from '../../chart/use-visible.ts';
import { Icon } from '../../components/icon.tsx';
import { ChartMessage } from './chart-message.tsx';

export interface ChartFrame {
  readonly window: TimeWindow;
  readonly zone: Zone;
  readonly nowMs: number;
  readonly firstSampleMs: number | null;
  readonly markers: readonly Marker[];
  readonly syncKey: string;
  readonly onZoom: (fromMs: number, toMs: number) => void;
  readonly onZoomOut: () => void;
}

export interface ChartCardProps {
  readonly chart: HostChart;
  readonly live: LiveSeries;
  readonly frame: ChartFrame;
  readonly isolated: string | null;
  readonly onIsolate: (key: string | null) => void;
  readonly expanded: boolean;
  readonly onExpand: () => void;
  readonly fit: boolean;
  /** For a chart that the reader added. */
  readonly onRemove: (() => void) | null;
  /** Below the plot of an expanded chart. */
  readonly details: (sources: readonly LabelledSeries[]) => ComponentChildren;
}

/** One chart in its card: reads its metrics while it is on screen, keeps old lines grey when they cannot be read again. */
export function ChartCard(props: ChartCardProps) {
  const { chart, live, expanded } = props;
  const card = useRef<HTMLElement>(null);
  const clock = useRef<HTMLSpanElement>(null);
  const visible = useVisible(card);
  // What is off screen is not drawn anew while time goes on.
  const kept = useRef(props.frame);
  if (visible) kept.current = props.frame;
  const frame = kept.current;
  const states = useSeries(
    live,
    chart.metrics.map((metric) => metric.name),
    visible,
  );
  const sources = useMemo(() => labelled(chart, states, expanded), [chart, states, expanded]);
  const data = useMemo(() => buildChartData(sources), [sources]);
  const phase = phaseOf([...states.values()]);
  const titleId = `chart-${chart.id.replaceAll(/\W/g, '-')}`;
  const { fromMs, toMs } = frame.window;
  const gaps = useMemo(
    () => gapSpans(data, frame.window, frame.firstSampleMs, frame.nowMs),
    [data, fromMs, toMs, frame.firstSampleMs],
  );
  const ended = hasEnded(data, gaps);
  const sentence = useMemo(
    () => chartSentence(chart.title, spanWords(fromMs, toMs, frame.zone, frame.nowMs), data),
    [data, frame.zone],
  );
  useEffect(() => {
    if (expanded) card.current?.scrollIntoView({ block: 'nearest' });
  }, [expanded]);
  const showTime = (words: string | null) => {
    if (clock.current !== null) clock.current.textContent = words ?? '';
    card.current?.classList.toggle('reading', words !== null);
  };
  return (
    <article
      class={`card chart ${expanded ? 'expanded' : ''} ${phase === 'stale' ? 'stale' : ''}`}
      ref={card}
      aria-labelledby={titleId}
      aria-busy={phase === 'loading'}
      data-chart={chart.id}
    >
      <header>
        <h3 id={titleId} title={chart.metrics.length === 1 ? chart.metrics[0]?.explanation : chart.title}>
          {chart.title}
        </h3>
        <span class="at" ref={clock} />
        <Now data={data} ended={ended} />
        {props.onRemove !== null && (
          <CardButton icon="close" words={`Remove ${chart.title}`} onClick={props.onRemove} />
        )}
        <CardButton
          icon={expanded ? 'shrink' : 'expand'}
          words={expanded ? `Close ${chart.title}` : `Expand ${chart.title}`}
          onClick={props.onExpand}
        />
      </header>
      {data.lines.length === 0 ? (
        <>
          <ChartMessage phase={phase} states={states} onRetry={() => live.retry()} />
          <LegendOutline names={chart.metrics.map((metric) => metric.title)} />
        </>
      ) : (
        <PlotView
          data={data}
          fromMs={fromMs}
          toMs={toMs}
          gaps={gaps}
          markers={frame.markers}
          zone={frame.zone}
          stacked={chart.stacked}
          fit={props.fit}
          syncKey={frame.syncKey}
          sentence={sentence}
          ended={ended}
          isolated={props.isolated}
          onIsolate={props.onIsolate}
          onZoom={frame.onZoom}
          onZoomOut={frame.onZoomOut}
          onCursorTime={showTime}
        />
      )}
      {phase === 'stale' && data.lines.length > 0 && (
        <ChartMessage phase="stale" states={states} onRetry={() => live.retry()} over />
      )}
      {expanded && props.details(sources)}
    </article>
  );
}

/** The last value, where one line makes it unambiguous and it is still true. */
function Now({ data, ended }: { readonly data: ReturnType<typeof buildChartData>; readonly ended: boolean }) {
  const line = data.lines.length === 1 ? data.lines[0] : undefined;
  if (line === undefined || ended) return null;
  const [digits, suffix] = formatParts(
    line.average.findLast((value) => typeof value === 'number'),
    line.unit,
  );
  return (
    <span class="now">
      {digits} <span class="unit">{suffix}</span>
    </span>
  );
}

function CardButton(props: { icon: 'expand' | 'shrink' | 'close'; words: string; onClick: () => void }) {
  return (
    <button type="button" class="icon quiet" aria-label={props.words} title={props.words} onClick={props.onClick}>
      <Icon name={props.icon} />
    </button>
  );
}

/**
 * Series of the chart's metrics with their names; a metric of several parts (disks) adds the part. File systems that no
 * data can be on are left out unless `all`.
 */
export function labelled(
  chart: HostChart,
  states: ReadonlyMap<string, MetricState>,
  all: boolean,
): readonly LabelledSeries[] {
  const partOf = (metric: MetricInfo, series: Series) =>
    plainName(series.metric.slice(metric.name.length).replaceAll(/^[[.: ]+|\]$/g, ''));
  const every = chart.metrics.flatMap((metric) =>
    (states.get(metric.name)?.series ?? []).map((series) => ({ part: partOf(metric, series), series })),
  );
  const mounts = Map.groupBy(every, ({ part }) => part);
  const minor = [...mounts].filter(
    ([part, own]) =>
      part.startsWith('/') &&
      isMinorMount(
        part,
        own.map(({ series }) => series),
      ),
  );
  const hidden = new Set(all || minor.length === mounts.size ? [] : minor.map(([part]) => part));
  return chart.metrics.flatMap((metric) =>
    (states.get(metric.name)?.series ?? []).flatMap((series) => {
      const part = partOf(metric, series);
      if (hidden.has(part)) return [];
      const label = part === '' ? metric.title : chart.metrics.length === 1 ? part : `${metric.title} ${part}`;
      // A family's series may come without the unit of the family.
      return [{ key: series.metric, label, series: metric.raw ? series : { ...series, unit: metric.unit } }];
    }),
  );
}

export function phaseOf(states: readonly MetricState[]): MetricState['phase'] {
  if (states.some((state) => state.phase === 'stale')) return 'stale';
  return states.some((state) => state.phase === 'loading') ? 'loading' : 'ready';
}
