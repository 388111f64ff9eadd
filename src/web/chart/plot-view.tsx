import { useEffect, useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import { type ChartData, type ChartLine, valueAt } from './chart-data.ts';
import type { ChartState } from './chart-state.ts';
import { Legend, type LegendHandle } from './legend.tsx';
import { type Marker, markerGlyphs } from './markers.ts';
import { longTime, type Zone } from './time-axis.ts';
import { formatValue } from './unit-scale.ts';
import { UplotChart } from './uplot-chart.ts';

export interface PlotViewProps {
  readonly data: ChartData;
  readonly fromMs: number;
  readonly toMs: number;
  readonly gaps: ChartState['gaps'];
  readonly markers: readonly Marker[];
  readonly zone: Zone;
  readonly stacked: boolean;
  readonly fit: boolean;
  readonly syncKey: string;
  /** What the chart shows, in a sentence. */
  readonly sentence: string;
  /** The samples stop before the end of the span. */
  readonly ended: boolean;
  readonly isolated: string | null;
  readonly onIsolate: (key: string | null) => void;
  readonly onZoom: (fromMs: number, toMs: number) => void;
  readonly onZoomOut: () => void;
  /** Where the time at the cursor is written; emptied when the cursor leaves. */
  readonly onCursorTime: (words: string | null) => void;
}

/** A plot with its legend and the words of the markers under the cursor. The cursor moves without rendering anything. */
export function PlotView(props: PlotViewProps) {
  const element = useRef<HTMLDivElement>(null);
  const tip = useRef<HTMLDivElement>(null);
  const spoken = useRef<HTMLDivElement>(null);
  const chart = useRef<UplotChart | null>(null);
  const legend = useRef<LegendHandle>({ show: () => undefined });
  const latest = useRef(props);
  latest.current = props;

  useEffect(() => {
    const parent = element.current;
    if (parent === null) return undefined;
    const onCursor = (index: number | null, timeMs: number, byKey: boolean) => {
      const { data, zone, onCursorTime } = latest.current;
      const at = index === null ? undefined : data.timesMs[index];
      const words = at === undefined ? null : longTime(at, zone, data.resolutionMs < 60_000);
      legend.current.show(at === undefined ? null : index);
      onCursorTime(words);
      const here = parent.matches(':hover') || byKey;
      showTip(
        tip.current,
        parent,
        here && at !== undefined ? nearMarkers(latest.current, timeMs, parent) : [],
        timeMs,
        latest.current,
      );
      if (byKey && spoken.current !== null && index !== null)
        spoken.current.textContent = `${words ?? ''}: ${valuesAt(data, index)}`;
    };
    chart.current = new UplotChart(parent, latest.current.syncKey, stateOf(latest.current), {
      zoom: (fromMs, toMs) => latest.current.onZoom(fromMs, toMs),
      zoomOut: () => latest.current.onZoomOut(),
      cursor: onCursor,
    });
    return () => {
      chart.current?.close();
      chart.current = null;
    };
  }, [props.syncKey]);
  const { data, fromMs, toMs, gaps, markers, isolated, zone, stacked, fit } = props;
  const state = useMemo(() => stateOf(props), [data, fromMs, toMs, gaps, markers, isolated, zone, stacked, fit]);
  useLayoutEffect(() => chart.current?.update(state), [state]);

  return (
    <>
      <div
        class="plot"
        ref={element}
        tabIndex={0}
        role="application"
        aria-roledescription="chart"
        aria-label={props.sentence}
      />
      <div class="marker-tip" ref={tip} hidden />
      <div class="sr" role="status" ref={spoken} />
      <Legend
        data={props.data}
        isolated={props.isolated}
        onIsolate={props.onIsolate}
        ended={props.ended}
        handle={legend}
      />
    </>
  );
}

function stateOf(props: PlotViewProps): ChartState {
  const { data, fromMs, toMs, gaps, markers, isolated, zone, stacked, fit } = props;
  const known = isolated !== null && data.lines.some((line) => line.key === isolated);
  return { data, fromMs, toMs, gaps, markers, isolated: known ? isolated : null, zone, stacked, fit };
}

function nearMarkers(props: PlotViewProps, timeMs: number, parent: HTMLElement): readonly Marker[] {
  const toleranceMs = ((props.toMs - props.fromMs) / Math.max(1, parent.clientWidth - 58)) * 7;
  return props.markers.filter((marker) => Math.abs(marker.timeMs - timeMs) <= toleranceMs);
}

function showTip(
  tip: HTMLElement | null,
  parent: HTMLElement,
  near: readonly Marker[],
  timeMs: number,
  props: PlotViewProps,
): void {
  if (tip === null) return;
  tip.hidden = near.length === 0;
  if (near.length === 0) return;
  const lines = near.slice(0, 4).map((marker) => {
    const line = document.createElement('p');
    const { glyph } = markerGlyphs[marker.kind];
    line.textContent = `${glyph} ${longTime(marker.timeMs, props.zone, true).split(' ').slice(3).join(' ')} ${marker.words}`;
    return line;
  });
  if (near.length > 4)
    lines.push(Object.assign(document.createElement('p'), { textContent: `and ${near.length - 4} more` }));
  tip.replaceChildren(...lines);
  const part = (timeMs - props.fromMs) / (props.toMs - props.fromMs);
  tip.classList.toggle('flip', part > 0.5);
  tip.style.setProperty('--p', String(part));
  tip.style.top = `${parent.offsetTop + 18}px`;
}

function valuesAt(data: ChartData, index: number): string {
  return data.lines.map((line) => `${line.label} ${spokenValue(data, line, index)}`).join(', ');
}

function spokenValue(data: ChartData, line: ChartLine, index: number): string {
  const value = valueAt(data, line, index);
  return value !== null ? formatValue(value, line.unit) : 'no sample';
}
