import type { ChartData } from './chart-data.ts';
import { formatValue } from './unit-scale.ts';

/** One sentence of what a chart shows, for those who cannot see it: the span, and for each line where it moved and ended. */
export function chartSentence(title: string, span: string, data: ChartData): string {
  if (data.lines.length === 0) return `${title}, ${span}: no samples.`;
  const parts = data.lines.slice(0, 4).map((line) => {
    const low = Math.min(...known(line.min));
    const high = Math.max(...known(line.max));
    const last = line.average.findLast((value) => typeof value === 'number');
    const range =
      low === high
        ? formatValue(low, line.unit)
        : `between ${formatValue(low, line.unit)} and ${formatValue(high, line.unit)}`;
    return `${line.label} ${range}, last ${formatValue(last, line.unit)}`;
  });
  const more = data.lines.length > 4 ? `; and ${data.lines.length - 4} more lines` : '';
  const gaps =
    data.gaps.length === 0
      ? ''
      : ` ${data.gaps.length === 1 ? 'One span has' : `${data.gaps.length} spans have`} no samples.`;
  return `${title}, ${span}: ${parts.join('; ')}${more}.${gaps}`;
}

function known(values: readonly (number | null | undefined)[]): number[] {
  return values.filter((value) => typeof value === 'number');
}
