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
  /** The samples stopped: without a cursor there is no value to tell. */
  readonly ended: boolean;
  readonly handle: RefObject<LegendHandle>;
}

/** Names with the values at the cursor, else the last ones. A click shows one line alone, the next one all again. */
export function Legend({ data, isolated, onIsolate, ended, handle }: LegendProps) {
  const values = useRef<(HTMLElement | null)[]>([]);
  const write = (index: number | null) => {
    for (const [at, line] of data.lines.entries()) {
      const cell = values.current[at];
      if (cell == null) continue;
      const value = index === null ? (ended ? null : lastOf(data, line)) : valueAt(data, line, index);
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
  useEffect(() => write(shown.current), [data, ended]);
  const known = data.lines.some((line) => line.key === isolated);
  return (
    <ul class="legend">
      {data.lines.map((line, at) => (
        <li key={line.key} class={`${known && line.key !== isolated ? 'off' : ''}${widthOf(line.label)}`}>
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
        <li key={name} class={widthOf(name)}>
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

/** A name too long for one column of the legend takes two. */
function widthOf(label: string): string {
  return label.length > 17 ? ' long' : '';
}

/** The line's last value, unless the others went on without it. */
function lastOf(data: ChartData, line: ChartLine): number | null {
  const at = line.average.findLastIndex((value) => typeof value === 'number');
  const behindMs = (data.timesMs.at(-1) ?? 0) - (data.timesMs[at] ?? 0);
  return at < 0 || behindMs > Math.max(3 * data.resolutionMs, 45_000) ? null : (line.average[at] ?? null);
}
