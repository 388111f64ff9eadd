import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { type ChartData, type ChartLine, valueAt } from './chart-data.ts';
import { formatExactly, formatValue } from './unit-scale.ts';

export interface LegendHandle {
  /** Writes the values at this point; null writes the last ones. */
  show(index: number | null): void;
}

export interface LegendProps {
  readonly data: ChartData;
  readonly isolated: string | null;
  readonly onIsolate: (key: string | null) => void;
  readonly handle: RefObject<LegendHandle>;
}

/** Names with the values at the cursor, else the last ones. A click shows one line alone, the next one all again. */
export function Legend({ data, isolated, onIsolate, handle }: LegendProps) {
  const values = useRef<(HTMLElement | null)[]>([]);
  const write = (index: number | null) => {
    for (const [at, line] of data.lines.entries()) {
      const cell = values.current[at];
      if (cell == null) continue;
      const value = index === null ? lastOf(line) : valueAt(data, line, index);
      cell.textContent = formatValue(value, line.unit);
      cell.title = formatExactly(value, line.unit);
    }
  };
  const shown = useRef<number | null>(null);
  handle.current = {
    show: (index) => {
      shown.current = index;
      write(index);
    },
  };
  useEffect(() => write(shown.current), [data]);
  const known = data.lines.some((line) => line.key === isolated);
  return (
    <ul class="legend">
      {data.lines.map((line, at) => (
        <li key={line.key} class={known && line.key !== isolated ? 'off' : ''}>
          <button
            type="button"
            class="quiet"
            aria-pressed={line.key === isolated}
            title={data.lines.length > 1 ? `${line.label}: show it alone` : line.label}
            disabled={data.lines.length < 2}
            onClick={() => onIsolate(line.key === isolated ? null : line.key)}
          >
            <i style={`--c: var(--s${(at % 8) + 1})`} />
            <span class="name">{line.label}</span>
            <b
              ref={(cell) => {
                values.current[at] = cell;
              }}
            />
          </button>
        </li>
      ))}
    </ul>
  );
}

/** The names alone, while the values are on their way, so that nothing moves when they come. */
export function LegendOutline({ names }: { readonly names: readonly string[] }) {
  return (
    <ul class="legend" aria-hidden="true">
      {names.map((name) => (
        <li key={name}>
          <button type="button" class="quiet" disabled tabIndex={-1}>
            <i style="--c: var(--line)" />
            <span class="name">{name}</span>
            <b>–</b>
          </button>
        </li>
      ))}
    </ul>
  );
}

function lastOf(line: ChartLine): number | null {
  return line.average.findLast((value) => typeof value === 'number') ?? null;
}
