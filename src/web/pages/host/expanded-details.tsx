import type { LabelledSeries } from '../../chart/chart-data.ts';
import type { TimeWindow } from '../../chart/time-range.ts';
import { StatisticsTable } from './statistics-table.tsx';

export interface ExpandedDetailsProps {
  readonly sources: readonly LabelledSeries[];
  readonly window: TimeWindow;
  readonly fit: boolean;
  /** Null where the axis must start at zero. */
  readonly onFit: ((fit: boolean) => void) | null;
  readonly compareHref: (metric: string) => string | null;
}

/** Below a large chart: how its axis begins, and the figures of every line. */
export function ExpandedDetails({ sources, window, fit, onFit, compareHref }: ExpandedDetailsProps) {
  return (
    <div class="details">
      {onFit !== null && (
        <label class="check">
          <input type="checkbox" checked={fit} onChange={(event) => onFit(event.currentTarget.checked)} />
          Fit the axis to the values, not from zero
        </label>
      )}
      <StatisticsTable sources={sources} fromMs={window.fromMs} toMs={window.toMs} compareHref={compareHref} />
    </div>
  );
}
