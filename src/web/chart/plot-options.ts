import type uPlot from 'uplot';
import type { ChartTheme } from './chart-theme.ts';
import { withAlpha } from './draw-layers.ts';
import { timeTicks, type Zone } from './time-axis.ts';
import { formatTick } from './unit-scale.ts';
import { type YScale, yTicks } from './y-scale.ts';

export const axisWidth = 46;
/** Above the plot: glyphs of the markers and the unit. */
export const topSpace = 16;
const xAxisHeight = 22;
const tickWidth = 76;

export interface XSpan {
  readonly fromMs: number;
  readonly toMs: number;
  readonly zone: Zone;
}

/** Time below the plot: round times of the zone, as many as have room. */
export function xAxis(theme: ChartTheme, span: () => XSpan): uPlot.Axis {
  const ticks = (plot: uPlot) => timeTicks(span().fromMs, span().toMs, plot.width / tickWidth, span().zone);
  return {
    stroke: theme.label,
    font: theme.font,
    size: xAxisHeight,
    gap: 4,
    grid: { show: false },
    border: { show: true, stroke: theme.grid, width: 1 },
    ticks: { stroke: theme.grid, width: 1, size: 3 },
    splits: (plot) => [...ticks(plot).timesMs],
    values: (plot) => [...ticks(plot).labels],
  };
}

/** Values at the left in one unit; the same width in all charts, so that their plots lie under each other. */
export function yAxis(theme: ChartTheme, scale: () => YScale): uPlot.Axis {
  return {
    stroke: theme.label,
    font: theme.font,
    size: axisWidth,
    gap: 6,
    grid: { stroke: theme.grid, width: 1 },
    ticks: { show: false },
    splits: () => yTicks(scale()),
    values: (_plot, splits) =>
      splits.map((value) => formatTick(value, scale().unit, scale().step / scale().unit.divisor)),
  };
}

/** One line of 1.5 px; a single one has a light fill below it. */
export function lineOptions(label: string, color: string, single: boolean, show: boolean): uPlot.Series {
  return {
    label,
    stroke: color,
    width: 1.5,
    show,
    ...(single ? { fill: withAlpha(color, 0.08) } : {}),
    points: { show: true, size: 4, fill: color, filter: (plot, series) => lonePoints(plot.data[series]) },
  };
}

/** A vertical cursor that all charts of the key share; a drag selects a span and changes nothing by itself. */
export function cursorOptions(key: string, press: (left: boolean) => void, doubleClick: () => void): uPlot.Cursor {
  return {
    y: false,
    drag: { x: true, y: false, setScale: false, dist: 4 },
    points: { size: 6, width: 1.5 },
    sync: { key, setSeries: false, scales: ['x', null] },
    bind: {
      mousedown: (_plot, _target, handler) => (event) => {
        press(event.button === 0);
        return handler(event);
      },
      dblclick: () => () => {
        doubleClick();
        return null;
      },
    },
  };
}

/** Writes the unit of the axis where the axis ends, clear of its highest label. */
export function drawUnit(plot: uPlot, scale: YScale, theme: ChartTheme): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.font = `${11 * devicePixelRatio}px ${theme.font.slice(theme.font.indexOf(' ') + 1)}`;
  ctx.fillStyle = theme.label;
  ctx.textAlign = 'left';
  ctx.textBaseline = 'alphabetic';
  ctx.fillText(scale.unit.suffix, bbox.left, bbox.top - 4 * devicePixelRatio);
  ctx.restore();
}

/** Points without a neighbour would be invisible as a line. `undefined` is no point of this line and no gap. */
function lonePoints(values: ArrayLike<number | null | undefined> | undefined): number[] {
  const own = Array.from({ length: values?.length ?? 0 }, (_, at) => at).filter((at) => values?.[at] !== undefined);
  const isValue = (at: number | undefined) => at !== undefined && typeof values?.[at] === 'number';
  return own.filter((at, order) => isValue(at) && !isValue(own[order - 1]) && !isValue(own[order + 1]));
}
