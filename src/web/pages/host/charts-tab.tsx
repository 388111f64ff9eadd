import { useMemo, useRef, useState } from 'preact/hooks';
import { plainName } from '../../../model/plain-name.ts';
import type { MetricInfo } from '../../../wire/api/metrics.ts';
import { absentCharts, addedChart, type HostChart, hostSections } from '../../chart/host-charts.ts';
import type { Marker } from '../../chart/markers.ts';
import type { FetchSeries } from '../../chart/series-port.ts';
import { resolveRange, type TimeRange, zoomOut, zoomTo } from '../../chart/time-range.ts';
import { useLive } from '../../chart/use-live.ts';
import { Icon } from '../../components/icon.tsx';
import { useKey } from '../../keyboard.tsx';
import { setZone } from '../../zone.ts';
import { AddMetric } from './add-metric.tsx';
import { ChartCard, type ChartFrame } from './chart-card.tsx';
import { AbsentCharts, ChartSection } from './chart-section.tsx';
import { EventLane } from './event-lane.tsx';
import { ExpandedDetails } from './expanded-details.tsx';
import { RangeBar } from './range-bar.tsx';
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
  const card = (chart: HostChart) => (
    <ChartCard
      key={chart.id}
      chart={chart}
      live={view.expanded === chart.id ? large : grid}
      frame={frame}
      {...cardOfView(chart, view, onView)}
      details={(sources) => (
        <ExpandedDetails
          sources={sources}
          window={window}
          fit={view.fit}
          onFit={chart.stacked ? null : (fit) => onView({ ...view, fit })}
          compareHref={props.compareHref}
        />
      )}
    />
  );
  return (
    <>
      <RangeBar
        range={view.range}
        window={window}
        zone={view.zone}
        nowMs={nowMs}
        firstSampleMs={firstSampleMs}
        onRange={setRange}
        onZone={setZone}
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
      {added.length > 0 && <ChartSection title="Added" charts={added} card={card} />}
      {sections.map((section) => (
        <ChartSection key={section.title} {...section} card={card} />
      ))}
      <AbsentCharts titles={absent} />
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

/** What the address says of one chart, and how the reader changes it. */
function cardOfView(chart: HostChart, view: ViewState, onView: (view: ViewState) => void) {
  const expanded = view.expanded === chart.id;
  const isAdded = view.added.some((name) => `+${name}` === chart.id);
  return {
    expanded,
    fit: expanded && view.fit,
    isolated: view.isolated.get(chart.id) ?? null,
    onIsolate: (key: string | null) => onView({ ...view, isolated: isolate(view.isolated, chart.id, key) }),
    onExpand: () => onView({ ...view, expanded: expanded ? null : chart.id, fit: false }),
    onRemove: isAdded ? () => onView({ ...view, added: view.added.filter((name) => `+${name}` !== chart.id) }) : null,
  };
}

function infoOf(metrics: readonly MetricInfo[], name: string): MetricInfo {
  return (
    metrics.find((metric) => metric.name === name) ?? {
      name,
      title: plainName(name),
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
