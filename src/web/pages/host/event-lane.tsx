import { clusterMarkers, leadingKind, type Marker, markerGlyphs } from '../../chart/markers.ts';
import { longTime, timeTicks, type Zone } from '../../chart/time-axis.ts';
import type { TimeWindow } from '../../chart/time-range.ts';

export interface EventLaneProps {
  readonly markers: readonly Marker[];
  readonly window: TimeWindow;
  readonly zone: Zone;
  readonly width: number;
  readonly onZoom: (fromMs: number, toMs: number) => void;
}

const labelWidth = 88;

/** The events of the span on one line: glyph and word, together where they would touch. A click zooms to what was around. */
export function EventLane({ markers, window, zone, width, onZoom }: EventLaneProps) {
  const spanMs = window.toMs - window.fromMs;
  const inView = markers.filter((marker) => marker.timeMs >= window.fromMs && marker.timeMs <= window.toMs);
  if (inView.length === 0) return null;
  const clusters = clusterMarkers(inView, (spanMs / Math.max(1, width)) * labelWidth);
  const ticks = timeTicks(window.fromMs, window.toMs, width / 140, zone);
  const part = (timeMs: number) => (timeMs - window.fromMs) / spanMs;
  return (
    <section class="lane" aria-label="Events in this span">
      {clusters.map((cluster) => {
        const first = cluster[0];
        if (first === undefined) return null;
        const kind = leadingKind(cluster);
        const { glyph, name } = markerGlyphs[kind];
        const words = cluster.map((marker) => `${longTime(marker.timeMs, zone, true)}: ${marker.words}`).join('\n');
        const around = Math.max(spanMs / 20, 5 * 60_000);
        const last = cluster.at(-1) ?? first;
        return (
          <button
            type="button"
            key={first.id}
            class={`quiet ev ${kind} ${part(first.timeMs) > 0.85 ? 'flip' : ''}`}
            style={`--p: ${Math.min(0.99, Math.max(0.01, part(first.timeMs)))}`}
            title={words}
            onClick={() => onZoom(first.timeMs - around, last.timeMs + around)}
          >
            <span class="glyph" aria-hidden="true">
              {glyph}
            </span>
            <span>{cluster.length === 1 ? name : `${cluster.length} events`}</span>
            <span class="sr">: {words}. Zoom to it</span>
          </button>
        );
      })}
      {ticks.timesMs.map((timeMs, at) =>
        part(timeMs) < 0.03 || part(timeMs) > 0.97 ? null : (
          <span class="ax" key={timeMs} style={`--p: ${part(timeMs)}`} aria-hidden="true">
            {ticks.labels[at]}
          </span>
        ),
      )}
    </section>
  );
}
