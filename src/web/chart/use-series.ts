import { useEffect, useState } from 'preact/hooks';
import type { LiveSeries } from './live-series.ts';
import type { MetricState } from './series-port.ts';

/** States of metrics while the chart is visible; those of before stay while it is not. */
export function useSeries(
  live: LiveSeries,
  metrics: readonly string[],
  visible: boolean,
): ReadonlyMap<string, MetricState> {
  const key = metrics.join('\n');
  const read = () => new Map(metrics.map((metric) => [metric, live.state(metric)]));
  const [states, setStates] = useState<ReadonlyMap<string, MetricState>>(read);
  useEffect(() => {
    if (!visible) return undefined;
    setStates(read());
    return live.subscribe(metrics, () => setStates(read()));
  }, [live, key, visible]);
  return states;
}
