import type { ComponentChildren } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { MetricInfo } from '../../../wire/api/metrics.ts';
import { absentCharts, addedChart, type HostChart, hostSections } from '../../chart/host-charts.ts';
import { type FetchSeries, LiveSeries } from '../../chart/live-series.ts';
import type { Marker } from '../../chart/markers.ts';
import { resolveRange, type TimeRange, zoomOut, zoomTo } from '../../chart/time-range.ts';
import { AddMetric } from './add-metric.tsx';
import { ChartCard, type ChartFrame } from './chart-card.tsx';
import { EventLane } from './event-lane.tsx';
import { Icon } from './icons.tsx';
import { RangeBar, useKey } from './range-bar.tsx';
import { StatisticsTable } from './statistics-table.tsx';
import { useWidth } from './use-width.ts';
import type { ViewState } from './view-state.ts';

export interface ChartsTabProps {
  readonly hostId: string;
  /** What this host has, raw names included. */
  readonly metrics: readonly MetricInfo[];
  readonly catalog: readonly MetricInfo[];
  readonly markers: readonly Marker[];
  readonly firstSampleMs: number | null;
  readonly nowMs: number;
  readonly view: ViewState;
  readonly onView: (view: ViewState) => void;
  readonly permalink: (view: ViewState) => string;
  readonly compareHref: (metric: string) => string | null;
  readonly fetchSeries: FetchSeries;
}

const gridPoints = 400;
const expandedPoints = 1200;

/** The grid of charts under one time range, with one cursor. */
export function ChartsTab(props: ChartsTabProps) {
  const { hostId, view, nowMs, firstSampleMs, onView } = props;
  const [adding, setAdding] = useState(false);
  const lane = useRef<HTMLDivElement>(null);
  const width = useWidth(lane);
  const rangeKey = JSON.stringify(view.range);
  const window = resolveRange(view.range, nowMs, firstSampleMs);
  const grid = useLive(hostId, props.fetchSeries, gridPoints, rangeKey, window, nowMs);
  const large = useLive(hostId, props.fetchSeries, expandedPoints, rangeKey, window, nowMs);
  const sections = useMemo(() => hostSections(props.metrics), [props.metrics]);
  const absent = useMemo(() => absentCharts(props.metrics, props.catalog), [props.metrics, props.catalog]);
  const added = useMemo(
    () => view.added.map((name) => addedChart(infoOf(props.metrics, name))),
    [props.metrics, view.added.join('\n')],
  );
  useKey('Escape', () => view.expanded !== null && onView({ ...view, expanded: null, fit: false }));

  const setRange = (range: TimeRange) => onView({ ...view, range });
  const frame: ChartFrame = {
    window,
    zone: view.zone,
    nowMs,
    firstSampleMs,
    markers: props.markers,
    syncKey: `host-${hostId}`,
    onZoom: (fromMs, toMs) => setRange(zoomTo(fromMs, toMs)),
    onZoomOut: () => setRange(zoomOut(window, nowMs)),
  };
  const card = (chart: HostChart, isAdded: boolean) => {
    const expanded = view.expanded === chart.id;
    return (
      <ChartCard
        key={chart.id}
        chart={chart}
        live={expanded ? large : grid}
        frame={frame}
        isolated={view.isolated.get(chart.id) ?? null}
        onIsolate={(key) => onView({ ...view, isolated: isolate(view.isolated, chart.id, key) })}
        expanded={expanded}
        fit={expanded && view.fit}
        onExpand={() => onView({ ...view, expanded: expanded ? null : chart.id, fit: false })}
        {...(isAdded
          ? { onRemove: () => onView({ ...view, added: view.added.filter((name) => `+${name}` !== chart.id) }) }
          : {})}
        {...(expanded
          ? {
              details: (sources) => (
                <div class="details">
                  <label class="check">
                    <input
                      type="checkbox"
                      checked={view.fit}
                      disabled={chart.stacked}
                      onChange={(event) => onView({ ...view, fit: event.currentTarget.checked })}
                    />
                    Fit the axis to the values, not from zero
                  </label>
                  <StatisticsTable
                    sources={sources}
                    fromMs={window.fromMs}
                    toMs={window.toMs}
                    compareHref={props.compareHref}
                  />
                </div>
              ),
            }
          : {})}
      />
    );
  };
  return (
    <>
      <RangeBar
        range={view.range}
        window={window}
        zone={view.zone}
        nowMs={nowMs}
        firstSampleMs={firstSampleMs}
        onRange={setRange}
        onZone={(zone) => onView({ ...view, zone })}
        permalink={(range) => props.permalink({ ...view, range })}
      >
        <button type="button" onClick={() => setAdding(true)}>
          <Icon name="plus" />
          Add metric
        </button>
      </RangeBar>
      <div ref={lane} class="lane-box">
        <EventLane markers={props.markers} window={window} zone={view.zone} width={width} onZoom={frame.onZoom} />
      </div>
      {added.length > 0 && <Section title="Added" charts={added} card={(chart) => card(chart, true)} />}
      {sections.map((section) => (
        <Section key={section.title} {...section} card={(chart) => card(chart, false)} />
      ))}
      <Absent titles={absent} />
      {adding && (
        <AddMetric
          title="Add a metric"
          metrics={props.metrics}
          added={view.added}
          onClose={() => setAdding(false)}
          onChoose={(metric) =>
            onView({ ...view, added: [metric.name, ...view.added.filter((name) => name !== metric.name)] })
          }
        />
      )}
    </>
  );
}

/** Series of one host at one number of points, which follow the window: anew on a choice, appended as time goes on. */
export function useLive(
  hostId: string,
  fetchSeries: FetchSeries,
  points: number,
  rangeKey: string,
  window: ReturnType<typeof resolveRange>,
  nowMs: number,
): LiveSeries {
  const live = useMemo(() => new LiveSeries(fetchSeries, window, points), [hostId, fetchSeries, points]);
  const shown = useRef(rangeKey);
  useEffect(() => () => live.close(), [live]);
  useEffect(() => {
    if (shown.current !== rangeKey) live.setWindow(window);
    else if (window.live) live.advance(window, nowMs);
    shown.current = rangeKey;
  }, [live, rangeKey, nowMs]);
  return live;
}

function Section({
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
function Absent({ titles }: { readonly titles: readonly string[] }) {
  if (titles.length === 0) return null;
  return (
    <p class="absent">
      No samples of: {titles.map((title) => title.charAt(0).toLowerCase() + title.slice(1)).join(', ')}. This process
      does not report them, or the agent may not read them.
    </p>
  );
}

function infoOf(metrics: readonly MetricInfo[], name: string): MetricInfo {
  return (
    metrics.find((metric) => metric.name === name) ?? {
      name,
      title: name,
      unit: 'count',
      kind: 'gauge',
      explanation: '',
      chart: null,
      raw: true,
    }
  );
}

function isolate(before: ReadonlyMap<string, string>, chart: string, key: string | null): ReadonlyMap<string, string> {
  const next = new Map(before);
  if (key === null) next.delete(chart);
  else next.set(chart, key);
  return next;
}
