import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { plainName } from '../../../model/plain-name.ts';
import type { MetricInfo } from '../../../wire/api/metrics.ts';
import type { LabelledSeries } from '../../chart/chart-data.ts';
import { LiveSeries } from '../../chart/live-series.ts';
import type { MetricState } from '../../chart/series-port.ts';
import type { TimeWindow } from '../../chart/time-range.ts';
import { seriesReader } from '../host/host-data.ts';
import type { PagePort } from '../host/page-port.ts';
import type { CompareMember } from './compare-targets.ts';

export interface MemberStates {
  readonly sources: readonly LabelledSeries[];
  readonly states: ReadonlyMap<string, MetricState>;
  /** Read, but the member has no value of this metric in the span. */
  readonly without: readonly string[];
  readonly retry: () => void;
}

const points = 1000;

/** One metric of every member, each from its own host, on one time range. */
export function useMembers(
  port: PagePort,
  groupId: string,
  members: readonly CompareMember[],
  metric: MetricInfo,
  window: TimeWindow,
  rangeKey: string,
  nowMs: number,
): MemberStates {
  const ids = members.map((member) => member.hostId).join();
  const [states, setStates] = useState<ReadonlyMap<string, MetricState>>(new Map());
  const lives = useMemo(
    () =>
      new Map(
        members.map((member) => [
          member.hostId,
          new LiveSeries(seriesReader(port, groupId, member.hostId), window, points),
        ]),
      ),
    [port, groupId, ids, metric.name],
  );
  useEffect(() => {
    const read = () => setStates(new Map([...lives].map(([hostId, live]) => [hostId, live.state(metric.name)])));
    read();
    const stops = [...lives.values()].map((live) => live.subscribe([metric.name], read));
    return () => {
      for (const stop of stops) stop();
      for (const live of lives.values()) live.close();
    };
  }, [lives]);
  const shown = useRef(rangeKey);
  useEffect(() => {
    for (const live of lives.values()) {
      if (shown.current !== rangeKey) live.setWindow(window);
      else if (window.live) live.advance(window, nowMs);
    }
    shown.current = rangeKey;
  }, [lives, rangeKey, nowMs]);
  const sources = useMemo(
    () => members.flatMap((member) => sourcesOf(member, metric, states.get(member.hostId))),
    [states, metric.unit],
  );
  const without = members.filter(
    (member) =>
      states.get(member.hostId)?.phase === 'ready' &&
      !sources.some((source) => source.key.startsWith(`${member.hostId} `)),
  );
  return {
    sources,
    states,
    without: without.map((member) => member.label),
    retry: () => lives.forEach((live) => live.retry()),
  };
}

function sourcesOf(
  member: CompareMember,
  metric: MetricInfo,
  state: MetricState | undefined,
): readonly LabelledSeries[] {
  const shown = (state?.series ?? []).filter((series) => series.points.some((point) => point[2] !== null));
  return shown.map((series) => {
    const part = plainName(series.metric.slice(metric.name.length).replace(/^:/, ''));
    return {
      key: `${member.hostId} ${series.metric}`,
      label: part === '' ? member.label : `${member.label} ${part}`,
      series: metric.raw ? series : { ...series, unit: metric.unit },
    };
  });
}
