import type { ChartData, ChartLine } from './chart-data.ts';

/** Lines on top of each other: `average` and `max` are the sum up to a line, `min` the sum below it. */
export function stackLines(data: ChartData): ChartData {
  const base = new Array<number>(data.timesMs.length).fill(0);
  const lines = data.lines.map((line): ChartLine => {
    const min: (number | null | undefined)[] = [];
    const average = line.average.map((value, at) => {
      const below = base[at] ?? 0;
      min.push(typeof value === 'number' ? below : value);
      if (typeof value !== 'number') return value;
      base[at] = below + value;
      return below + value;
    });
    return { ...line, min, average, max: average };
  });
  return { ...data, lines };
}
