import { useEffect, useMemo, useRef } from 'preact/hooks';
import { LiveSeries } from './live-series.ts';
import type { FetchSeries } from './series-port.ts';
import type { TimeWindow } from './time-range.ts';

/** Series of one host at one number of points, which follow the window: anew on a choice, appended as time goes on. */
export function useLive(
  hostId: string,
  fetchSeries: FetchSeries,
  points: number,
  rangeKey: string,
  window: TimeWindow,
  nowMs: number,
): LiveSeries {
  const live = useMemo(() => new LiveSeries(fetchSeries, window, points), [hostId, fetchSeries, points]);
  const shown = useRef(rangeKey);
  useEffect(() => () => live.close(), [live]);
  useEffect(() => {
    if (shown.current !== rangeKey) live.setWindow(window);
    else if (window.live) live.advance(window, nowMs);
    shown.current = rangeKey;
  }, [live, rangeKey, nowMs]);
  return live;
}
