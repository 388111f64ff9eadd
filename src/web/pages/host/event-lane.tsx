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
  const around = Math.max(spanMs / 20, 5 * 60_000);
  const part = (timeMs: number) => (timeMs - window.fromMs) / spanMs;
  return (
    <section class="lane" aria-label="Events in this span">
      {clusters.map((cluster, at) => (
        <LaneEvent
          key={cluster[0]?.id}
          cluster={cluster}
          part={part}
          bare={isFlipped(cluster, part) && isCrowded(clusters[at - 1], cluster, part, width)}
          zone={zone}
          onZoom={() => onZoom((cluster[0]?.timeMs ?? 0) - around, (cluster.at(-1)?.timeMs ?? 0) + around)}
        />
      ))}
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

interface LaneEventProps {
  readonly cluster: readonly Marker[];
  readonly part: (timeMs: number) => number;
  /** No room for the word: the glyph stands alone, the words are on hover. */
  readonly bare: boolean;
  readonly zone: Zone;
  readonly onZoom: () => void;
}

function LaneEvent({ cluster, part, bare, zone, onZoom }: LaneEventProps) {
  const kind = leadingKind(cluster);
  const { glyph, name } = markerGlyphs[kind];
  const words = cluster.map((marker) => `${longTime(marker.timeMs, zone, true)}: ${marker.words}`).join('\n');
  const word = cluster.length === 1 ? name : `${cluster.length} events`;
  return (
    <button
      type="button"
      class={`quiet ev ${kind} ${isFlipped(cluster, part) ? 'flip' : ''}`}
      style={`--p: ${Math.min(0.99, Math.max(0.01, part(cluster[0]?.timeMs ?? 0)))}`}
      title={words}
      onClick={onZoom}
    >
      <span class="glyph" aria-hidden="true">
        {glyph}
      </span>
      <span class={bare ? 'sr' : ''}>{word}</span>
      <span class="sr">: {words}. Zoom to it</span>
    </button>
  );
}

/** Near the right end the word stands at the left of the glyph. */
function isFlipped(cluster: readonly Marker[], part: (timeMs: number) => number): boolean {
  return part(cluster[0]?.timeMs ?? 0) > 0.85;
}

function isCrowded(
  before: readonly Marker[] | undefined,
  cluster: readonly Marker[],
  part: (timeMs: number) => number,
  width: number,
): boolean {
  if (before === undefined) return false;
  const distance = (part(cluster[0]?.timeMs ?? 0) - part(before[0]?.timeMs ?? 0)) * width;
  return distance < (isFlipped(before, part) ? labelWidth : 2 * labelWidth);
}
