import type { Series } from '../../wire/api/metrics.ts';

/** One line of a chart, aligned to the chart's times. `undefined`: this series has no point there, which is no gap. */
export interface ChartLine {
  readonly key: string;
  readonly label: string;
  readonly unit: string;
  readonly average: readonly (number | null | undefined)[];
  readonly min: readonly (number | null | undefined)[];
  readonly max: readonly (number | null | undefined)[];
}

export interface ChartData {
  readonly timesMs: readonly number[];
  readonly lines: readonly ChartLine[];
  readonly resolutionMs: number;
  /** Spans in which no line has a value although samples were due. */
  readonly gaps: readonly (readonly [fromMs: number, toMs: number])[];
  /** Any point covers more than one sample, so that min and max differ. */
  readonly banded: boolean;
}

export interface LabelledSeries {
  readonly key: string;
  readonly label: string;
  readonly series: Series;
}

const mostLines = 8;
/** Units whose lines may be added; of the others, the rest is shown by its highest. */
const additive = new Set(['count', 'per second', 'bytes', 'bytes per second', 'GB per hour']);

/**
 * Puts series on one time line. More than eight become the seven with the highest averages and one line for the others.
 * Points further apart than `2.5 × resolution` are not joined even if the answer holds no null between them.
 */
export function buildChartData(sources: readonly LabelledSeries[]): ChartData {
  const present = sources.filter((source) => source.series.points.some((point) => point[2] !== null));
  const timesMs = mergeTimes(present.map((source) => source.series));
  const resolutionMs = Math.max(0, ...present.map((source) => source.series.resolutionMs));
  const aligned = present.map((source) => align(source, timesMs));
  const lines = foldOthers(aligned);
  const gaps = findGaps(timesMs, lines, resolutionMs);
  const banded = present.some(({ series }) =>
    series.points.some((point) => point[1] !== null && point[3] !== null && point[3] > point[1]),
  );
  return { timesMs, lines, resolutionMs, gaps, banded };
}

function mergeTimes(series: readonly Series[]): number[] {
  const first = series[0];
  if (first === undefined) return [];
  const times = new Set<number>();
  for (const one of series) {
    let before: number | null = null;
    for (const [timeMs] of one.points) {
      if (before !== null && one.resolutionMs > 0 && timeMs - before > 2.5 * one.resolutionMs) {
        times.add(before + one.resolutionMs);
      }
      times.add(timeMs);
      before = timeMs;
    }
  }
  return [...times].sort((a, b) => a - b);
}

function align(source: LabelledSeries, timesMs: readonly number[]): ChartLine {
  const { points, resolutionMs, unit } = source.series;
  const average = new Array<number | null | undefined>(timesMs.length).fill(undefined);
  const min = new Array<number | null | undefined>(timesMs.length).fill(undefined);
  const max = new Array<number | null | undefined>(timesMs.length).fill(undefined);
  let at = 0;
  for (const [index, timeMs] of timesMs.entries()) {
    const point = points[at];
    if (point !== undefined && point[0] === timeMs) {
      [average[index], min[index], max[index]] = [point[2], point[1] ?? point[2], point[3] ?? point[2]];
      at += 1;
      continue;
    }
    const before = points[at - 1];
    const wide =
      before !== undefined && point !== undefined && resolutionMs > 0 && point[0] - before[0] > 2.5 * resolutionMs;
    if (wide) [average[index], min[index], max[index]] = [null, null, null];
  }
  return { key: source.key, label: source.label, unit, average, min, max };
}

function foldOthers(lines: readonly ChartLine[]): readonly ChartLine[] {
  if (lines.length <= mostLines) return lines;
  const ranked = lines.map((line) => ({ line, weight: meanOf(line.average) })).sort((a, b) => b.weight - a.weight);
  const shown = new Set(ranked.slice(0, mostLines - 1).map((entry) => entry.line));
  const rest = lines.filter((line) => !shown.has(line));
  return [...lines.filter((line) => shown.has(line)), joinOthers(rest)];
}

function joinOthers(rest: readonly ChartLine[]): ChartLine {
  const unit = rest[0]?.unit ?? 'count';
  const sums = additive.has(unit);
  const join = (pick: (line: ChartLine) => readonly (number | null | undefined)[]) =>
    pick(rest[0] ?? emptyLine).map((_, index) => {
      const values = rest.map((line) => pick(line)[index]).filter((value) => typeof value === 'number');
      if (values.length === 0) return null;
      return sums ? values.reduce((sum, value) => sum + value, 0) : Math.max(...values);
    });
  const label = sums ? `${rest.length} others` : `highest of ${rest.length} others`;
  return {
    key: '*others',
    label,
    unit,
    average: join((line) => line.average),
    min: join((line) => line.min),
    max: join((line) => line.max),
  };
}

const emptyLine: ChartLine = { key: '', label: '', unit: 'count', average: [], min: [], max: [] };

/** A gap lies between two values of any line that are not neighbours; the edges of the window are no gaps. */
function findGaps(timesMs: readonly number[], lines: readonly ChartLine[], resolutionMs: number): [number, number][] {
  const gaps: [number, number][] = [];
  let before: number | null = null;
  let sawNull = false;
  for (const [index, timeMs] of timesMs.entries()) {
    const values = lines.map((line) => line.average[index]);
    if (values.some((value) => typeof value === 'number')) {
      if (before !== null && sawNull && timeMs - before > resolutionMs) gaps.push([before, timeMs]);
      before = timeMs;
      sawNull = false;
    } else if (values.some((value) => value === null)) {
      sawNull = true;
    }
  }
  const last = timesMs.at(-1);
  if (before !== null && sawNull && last !== undefined && last > before) gaps.push([before, last]);
  return gaps;
}

function meanOf(values: readonly (number | null | undefined)[]): number {
  const known = values.filter((value) => typeof value === 'number');
  return known.reduce((sum, value) => sum + Math.abs(value), 0) / Math.max(1, known.length);
}

/**
 * The value of a line under the cursor: where the line has no point of its own there, the nearest one at most one and a
 * half resolutions away. Null in a gap.
 */
export function valueAt(data: ChartData, line: ChartLine, index: number): number | null {
  const own = line.average[index];
  if (own !== undefined) return own;
  const at = data.timesMs[index] ?? 0;
  const reachMs = 1.5 * data.resolutionMs;
  for (let step = 1; step < data.timesMs.length; step += 1) {
    const near = [index - step, index + step].filter((i) => Math.abs((data.timesMs[i] ?? Number.NaN) - at) <= reachMs);
    if (near.length === 0) return null;
    const found = near.map((i) => line.average[i]).find((value) => value !== undefined);
    if (found !== undefined) return found;
  }
  return null;
}
