import { useMemo, useRef } from 'preact/hooks';
import type { MetricInfo } from '../../../wire/api/metrics.ts';
import { buildChartData } from '../../chart/chart-data.ts';
import { chartSentence } from '../../chart/chart-sentence.ts';
import { gapSpans, hasEnded } from '../../chart/gap-spans.ts';
import { LegendOutline } from '../../chart/legend.tsx';
import { PlotView } from '../../chart/plot-view.tsx';
import { spanWords } from '../../chart/time-axis.ts';
import { type TimeWindow, zoomOut, zoomTo } from '../../chart/time-range.ts';
import { phaseOf } from '../host/chart-card.tsx';
import { ChartMessage } from '../host/chart-message.tsx';
import type { PagePort } from '../host/page-port.ts';
import { StatisticsTable } from '../host/statistics-table.tsx';
import type { ViewState } from '../host/view-state.ts';
import type { CompareTarget } from './compare-targets.ts';
import { useMembers } from './use-members.ts';

export interface CompareChartProps {
  readonly port: PagePort;
  readonly groupId: string;
  readonly target: CompareTarget;
  readonly metric: MetricInfo;
  readonly view: ViewState;
  readonly window: TimeWindow;
  readonly nowMs: number;
  readonly onView: (view: ViewState) => void;
}

const chartId = 'compare';
const noMarkers: readonly never[] = [];

/** One line a member, with the figures of each below. */
export function CompareChart({ port, groupId, target, metric, view, window, nowMs, onView }: CompareChartProps) {
  const clock = useRef<HTMLSpanElement>(null);
  const card = useRef<HTMLElement>(null);
  const { sources, states, without, retry } = useMembers(
    port,
    groupId,
    target.members,
    metric,
    window,
    JSON.stringify(view.range),
    nowMs,
  );
  const data = useMemo(() => buildChartData(sources), [sources]);
  const { fromMs, toMs } = window;
  const gaps = useMemo(() => gapSpans(data, window, null, nowMs), [data, fromMs, toMs]);
  const phase = phaseOf([...states.values()]);
  const sentence = chartSentence(`${metric.title} of ${target.label}`, spanWords(fromMs, toMs, view.zone, nowMs), data);
  const showTime = (words: string | null) => {
    if (clock.current !== null) clock.current.textContent = words ?? '';
    card.current?.classList.toggle('reading', words !== null);
  };
  const isolate = (key: string | null) => onView({ ...view, isolated: new Map(key === null ? [] : [[chartId, key]]) });
  return (
    <article
      class={`card chart expanded ${phase === 'stale' ? 'stale' : ''}`}
      ref={card}
      aria-labelledby="compare-title"
      aria-busy={phase === 'loading'}
      data-chart={chartId}
    >
      <header>
        <h2 id="compare-title" title={metric.name}>
          {metric.title}
        </h2>
        <span class="at" ref={clock} />
      </header>
      {metric.explanation !== '' && <p class="explanation">{metric.explanation}</p>}
      {data.lines.length === 0 ? (
        <>
          <ChartMessage phase={phase} states={states} onRetry={retry} />
          <LegendOutline names={target.members.map((member) => member.label)} />
        </>
      ) : (
        <PlotView
          data={data}
          fromMs={fromMs}
          toMs={toMs}
          gaps={gaps}
          markers={noMarkers}
          zone={view.zone}
          stacked={false}
          fit={view.fit}
          syncKey="compare"
          sentence={sentence}
          ended={hasEnded(data, gaps)}
          isolated={view.isolated.get(chartId) ?? null}
          onIsolate={isolate}
          onZoom={(from, to) => onView({ ...view, range: zoomTo(from, to) })}
          onZoomOut={() => onView({ ...view, range: zoomOut(window, nowMs) })}
          onCursorTime={showTime}
        />
      )}
      {phase === 'stale' && data.lines.length > 0 && (
        <ChartMessage phase="stale" states={states} onRetry={retry} over />
      )}
      <div class="details">
        {without.length > 0 && <p class="absent">No samples of this metric: {without.join(', ')}.</p>}
        <label class="check">
          <input
            type="checkbox"
            checked={view.fit}
            onChange={(event) => onView({ ...view, fit: event.currentTarget.checked })}
          />
          Fit the axis to the values, not from zero
        </label>
        <StatisticsTable sources={sources} fromMs={fromMs} toMs={toMs} compareHref={() => null} />
      </div>
    </article>
  );
}
