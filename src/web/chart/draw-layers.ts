import type uPlot from 'uplot';
import type { ChartData } from './chart-data.ts';
import type { ChartTheme } from './chart-theme.ts';
import { clusterMarkers, leadingKind, type Marker, markerGlyphs } from './markers.ts';

/** A colour with an alpha, from the `rgb(…)` that `getComputedStyle` gives. */
export function withAlpha(color: string, alpha: number): string {
  const parts = /^rgba?\(([\d.]+)[, ]+([\d.]+)[, ]+([\d.]+)/.exec(color);
  return parts === null ? color : `rgb(${parts[1]} ${parts[2]} ${parts[3]} / ${alpha})`;
}

/** Hatches the spans without samples over the whole height. Canvas pixels; draws under the lines. */
export function drawGaps(plot: uPlot, spans: readonly (readonly [number, number])[], theme: ChartTheme): void {
  const { ctx, bbox } = plot;
  for (const [fromMs, toMs] of spans) {
    const left = Math.max(bbox.left, plot.valToPos(fromMs, 'x', true));
    const right = Math.min(bbox.left + bbox.width, plot.valToPos(toMs, 'x', true));
    if (right - left < 1) continue;
    ctx.save();
    ctx.beginPath();
    ctx.rect(left, bbox.top, right - left, bbox.height);
    ctx.clip();
    ctx.strokeStyle = theme.hatch;
    const ratio = devicePixelRatio;
    ctx.lineWidth = 1.5 * ratio;
    ctx.beginPath();
    // Stripes start at multiples of the step on the whole canvas, so that they stand still while the plot moves.
    const step = 6 * ratio;
    const first = Math.floor((left - bbox.height) / step) * step;
    for (let x = first; x < right; x += step) {
      ctx.moveTo(x, bbox.top + bbox.height);
      ctx.lineTo(x + bbox.height, bbox.top);
    }
    ctx.stroke();
    ctx.restore();
  }
}

/** Fills between the least and the greatest value of every point of a line, broken at gaps; of stacked lines, the line's part. */
export function drawBand(plot: uPlot, data: ChartData, index: number, color: string, alpha: number): void {
  const line = data.lines[index];
  if (line === undefined) return;
  fillBetween(plot, data.timesMs, line.min, line.max, withAlpha(color, alpha));
}

/** Fills between two rows of values on the chart's times; a null in the upper row ends a stretch. */
function fillBetween(
  plot: uPlot,
  timesMs: readonly number[],
  lower: readonly (number | null | undefined)[],
  upper: readonly (number | null | undefined)[],
  color: string,
): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.fillStyle = color;
  let stretch: (readonly [x: number, low: number, high: number])[] = [];
  const close = () => {
    if (stretch.length > 1) fillStretch(ctx, stretch);
    stretch = [];
  };
  for (const [at, timeMs] of timesMs.entries()) {
    const [low, high] = [lower[at], upper[at]];
    if (typeof low === 'number' && typeof high === 'number') {
      stretch.push([plot.valToPos(timeMs, 'x', true), plot.valToPos(low, 'y', true), plot.valToPos(high, 'y', true)]);
    } else if (high === null) close();
  }
  close();
  ctx.restore();
}

function fillStretch(ctx: CanvasRenderingContext2D, stretch: readonly (readonly [number, number, number])[]): void {
  ctx.beginPath();
  for (const [x, , high] of stretch) ctx.lineTo(x, high);
  for (const [x, low] of stretch.toReversed()) ctx.lineTo(x, low);
  ctx.closePath();
  ctx.fill();
}

/** Thin vertical lines with a glyph on top, over the lines of the chart. Glyphs that would touch become one. */
export function drawMarkers(plot: uPlot, markers: readonly Marker[], theme: ChartTheme): void {
  const { ctx, bbox } = plot;
  const ratio = devicePixelRatio;
  const [from, to] = [plot.scales['x']?.min ?? 0, plot.scales['x']?.max ?? 0];
  const inView = markers.filter((marker) => marker.timeMs >= from && marker.timeMs <= to);
  ctx.save();
  ctx.textAlign = 'center';
  ctx.textBaseline = 'alphabetic';
  ctx.font = `600 ${10 * ratio}px ${theme.font.slice(theme.font.indexOf(' ') + 1)}`;
  for (const cluster of clusterMarkers(inView, ((to - from) / (bbox.width / ratio)) * 12)) {
    const kind = leadingKind(cluster);
    const color = kind === 'alert' ? theme.warn : theme.control;
    const x = Math.round(plot.valToPos(cluster[0]?.timeMs ?? from, 'x', true)) + 0.5;
    ctx.strokeStyle = withAlpha(color, 0.7);
    ctx.lineWidth = ratio;
    ctx.setLineDash(kind === 'alert' ? [] : [3 * ratio, 3 * ratio]);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.fillStyle = kind === 'alert' ? theme.warn : theme.label;
    ctx.fillText(markerGlyphs[kind].glyph, x, bbox.top - 3 * ratio);
  }
  ctx.restore();
}
