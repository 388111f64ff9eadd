import type { RefObject } from 'preact';
import { useState } from 'preact/hooks';
import type { MetricInfo } from '../../../wire/api/metrics.ts';
import { rawTitle } from '../../chart/host-charts.ts';

export const rowHeight = 48;
export const listId = 'metric-list';
export const optionId = (row: number): string => `metric-${row}`;
const listHeight = 384;
const spare = 4;

export interface MetricListProps {
  readonly list: RefObject<HTMLDivElement | null>;
  readonly found: readonly MetricInfo[];
  readonly added: readonly string[];
  readonly active: number;
  readonly onActive: (row: number) => void;
  readonly onChoose: (metric: MetricInfo) => void;
}

/** The hits, of which only the rows in view exist. */
export function MetricList({ list, found, added, active, onActive, onChoose }: MetricListProps) {
  const [top, setTop] = useState(0);
  const from = Math.max(0, Math.min(Math.floor(top / rowHeight), found.length) - spare);
  const rows = found.slice(from, from + Math.ceil(listHeight / rowHeight) + 2 * spare);
  return (
    <div
      class="list"
      ref={list}
      id={listId}
      role="listbox"
      tabIndex={-1}
      aria-label="Metrics"
      onScroll={(event) => setTop(event.currentTarget.scrollTop)}
    >
      <div style={`height: ${found.length * rowHeight}px`} role="presentation">
        {rows.map((metric, at) => (
          <div
            key={metric.name}
            id={optionId(from + at)}
            class="row"
            role="option"
            aria-selected={from + at === active}
            aria-setsize={found.length}
            aria-posinset={from + at + 1}
            style={`top: ${(from + at) * rowHeight}px`}
            title={metric.explanation === '' ? metric.name : metric.explanation}
            onPointerMove={() => from + at !== active && onActive(from + at)}
            onClick={() => onChoose(metric)}
          >
            <span class="title">{metric.raw ? rawTitle(metric.name) : metric.title}</span>
            <span class="unit">{added.includes(metric.name) ? 'shown' : metric.unit}</span>
            <span class="name mono">{metric.name}</span>
          </div>
        ))}
      </div>
    </div>
  );
}
