import type { ChartData } from './chart-data.ts';
import type { Marker } from './markers.ts';
import type { Zone } from './time-axis.ts';

/** Everything that a chart shows. A new state is drawn whole; what did not change costs nothing. */
export interface ChartState {
  readonly data: ChartData;
  readonly fromMs: number;
  readonly toMs: number;
  /** Spans to hatch. */
  readonly gaps: readonly (readonly [number, number])[];
  readonly markers: readonly Marker[];
  /** Key of the only line to show, or null for all. */
  readonly isolated: string | null;
  readonly zone: Zone;
  readonly stacked: boolean;
  /** The value axis fits the data instead of starting at zero. */
  readonly fit: boolean;
}

export interface ChartListeners {
  /** The reader dragged over a span. */
  zoom(fromMs: number, toMs: number): void;
  zoomOut(): void;
  /** Index into the times of the data, or null when the cursor left, and the time under it. `byKey`: moved from the keyboard. */
  cursor(index: number | null, timeMs: number, byKey: boolean): void;
}
