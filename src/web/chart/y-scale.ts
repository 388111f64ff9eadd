import type { ChartData } from './chart-data.ts';
import { niceStep, type UnitScale, unitScale } from './unit-scale.ts';

export interface YScale {
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly unit: UnitScale;
}

const mostSteps = 4;

/**
 * Range and step of the value axis for the part of the data in [fromMs, toMs]: from zero unless `fit`, with a little air
 * above, and at most five labels. Hidden lines do not count.
 */
export function yScale(
  data: ChartData,
  fromMs: number,
  toMs: number,
  fit: boolean,
  shown: (index: number) => boolean,
): YScale {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const [index, line] of data.lines.entries()) {
    if (!shown(index)) continue;
    for (const [at, timeMs] of data.timesMs.entries()) {
      if (timeMs < fromMs || timeMs > toMs) continue;
      const [min, max] = [line.min[at], line.max[at]];
      if (typeof min === 'number' && min < low) low = min;
      if (typeof max === 'number' && max > high) high = max;
    }
  }
  return niceRange(low, high, data.lines[0]?.unit ?? 'count', fit);
}

/** As `yScale`, for known extremes; `low` above `high` stands for no values. */
export function niceRange(low: number, high: number, unitName: string, fit: boolean): YScale {
  if (unitName === 'boolean') return { min: 0, max: 1.1, step: 1, unit: unitScale(unitName, 1) };
  if (low === 0 && high === 0) return flatScale(unitName);
  const [min, max] = low <= high ? spread(low, high, unitName, fit) : [0, flatTop(unitName)];
  const unit = unitScale(unitName, Math.max(Math.abs(min), Math.abs(max)));
  const air = (max - min) * 0.06;
  const top = unitName === 'percent' && max === 100 ? 100 : max + air;
  const bottom = min < 0 || fit ? min - air : min;
  const step = niceStep(top - bottom, unit, mostSteps);
  // Half a connection would be a label that no value can have.
  const least = unitName === 'count' && max >= 1 ? 1 : 0;
  return { min: bottom, max: top, step: Math.max(step, least), unit };
}

/** All values are zero: the line lies on the axis, which has no other label. */
function flatScale(unitName: string): YScale {
  const top = flatTop(unitName);
  return { min: 0, max: top, step: 2 * top, unit: unitScale(unitName, 0) };
}

function spread(low: number, high: number, unitName: string, fit: boolean): readonly [min: number, max: number] {
  if (fit && low < high) return [low, high];
  if (fit && low !== 0) return [low - Math.abs(low) * 0.1, high + Math.abs(high) * 0.1];
  const [min, max] = [Math.min(0, low), Math.max(0, high)];
  if (min === max) return [0, flatTop(unitName)];
  return [min, unitName === 'percent' && max > 60 && max <= 100 ? 100 : max];
}

/** Values of the axis labels within the range. */
export function yTicks(scale: YScale): number[] {
  const ticks: number[] = [];
  for (
    let at = Math.ceil(scale.min / scale.step - 1e-9) || 0;
    at * scale.step <= scale.max * (1 + 1e-9) && ticks.length < 8;
    at += 1
  ) {
    ticks.push(at * scale.step);
  }
  return ticks;
}

function flatTop(unit: string): number {
  return unit === 'bytes' || unit === 'bytes per second' ? 1024 : unit === 'percent' ? 100 : 1;
}
