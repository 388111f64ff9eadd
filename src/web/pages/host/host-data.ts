import { useCallback, useEffect, useState } from 'preact/hooks';
import type { EventsAnswer } from '../../../wire/api/alerts.ts';
import type { Host } from '../../../wire/api/deployment.ts';
import type { MetricInfo, SeriesAnswer } from '../../../wire/api/metrics.ts';
import { type ApiError, toApiError } from '../../api.ts';
import { type Marker, markersOf } from '../../chart/markers.ts';
import type { FetchSeries } from '../../chart/series-port.ts';
import type { TimeWindow } from '../../chart/time-range.ts';
import type { PagePort } from './page-port.ts';

const mostEvents = 500;
const clockMs = 10_000;

export interface HostData {
  /** Null while it is read for the first time. */
  readonly host: Host | null;
  readonly metrics: readonly MetricInfo[] | null;
  readonly catalog: readonly MetricInfo[];
  /** Why the newest attempt failed; what was read before stays. */
  readonly problem: ApiError | null;
  /** Null: it is not tried again by itself. */
  readonly retryAtMs: number | null;
  readonly reload: () => void;
}

type Read = Omit<HostData, 'reload'>;
const nothing: Read = { host: null, metrics: null, catalog: [], problem: null, retryAtMs: null };
const retryMs = 5000;

/** The host, what it can chart, and the catalog; read again when the server says that hosts changed. */
export function useHostData(port: PagePort, groupId: string, hostId: string): HostData {
  const [data, setData] = useState<Read>(nothing);
  const [round, setRound] = useState(0);
  useEffect(() => setData(nothing), [groupId, hostId]);
  useEffect(() => {
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const base = hostPath(groupId, hostId);
    const signal = AbortSignal.any([abort.signal, AbortSignal.timeout(20_000)]);
    Promise.all([
      port.get<Host>(base, signal),
      port.get<MetricInfo[]>(`${base}/metrics`, signal),
      port.get<MetricInfo[]>('/catalog', signal),
    ]).then(
      ([host, metrics, catalog]) => setData({ host, metrics, catalog, problem: null, retryAtMs: null }),
      (thrown: unknown) => {
        if (abort.signal.aborted) return;
        const problem = toApiError(thrown);
        const gone = problem.status === 404;
        setData((before) => ({ ...before, problem, retryAtMs: gone ? null : Date.now() + retryMs }));
        if (!gone) timer = setTimeout(() => setRound((value) => value + 1), retryMs);
      },
    );
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [port, groupId, hostId, round]);
  useEffect(
    () =>
      port.onStream((event) => {
        const firstSample =
          event.type === 'samples' && event.hostIds.includes(hostId) && data.host?.firstSampleAtMs === null;
        if (event.type === 'hosts' || firstSample) setRound((value) => value + 1);
      }),
    [port, hostId, data.host?.firstSampleAtMs],
  );
  const reload = useCallback(() => setRound((value) => value + 1), []);
  useEffect(() => port.onReopen(reload), [port]);
  return { ...data, reload };
}

/**
 * The time that live charts end at: it moves with each of the hosts' samples, by the server's clock, and every 10 s
 * without them, so that missing samples become visible.
 */
export function useNow(port: PagePort, hostIds: readonly string[]): number {
  const [now, setNow] = useState(() => Date.now());
  const key = hostIds.join();
  useEffect(() => {
    let ahead = 0;
    const stop = port.onStream((event) => {
      if (event.type !== 'samples' || !event.hostIds.some((id) => hostIds.includes(id))) return;
      ahead = event.atMs - Date.now();
      setNow(event.atMs);
    });
    // Late frames of a slow connection look like a server clock behind ours: only a real difference counts.
    const timer = setInterval(
      () => setNow((before) => Math.max(before, Date.now() + (Math.abs(ahead) > 5000 ? ahead : 0))),
      clockMs,
    );
    return () => {
      stop();
      clearInterval(timer);
    };
  }, [port, key]);
  return now;
}

/** When the newest sample of the host arrived since the page was opened; null before. */
export function useLastSample(port: PagePort, hostId: string): number | null {
  const [last, setLast] = useState<number | null>(null);
  useEffect(() => {
    setLast(null);
    return port.onStream((event) => {
      if (event.type === 'samples' && event.hostIds.includes(hostId)) setLast(event.atMs);
    });
  }, [port, hostId]);
  return last;
}

/** Events of the host and of its set in a window, as markers; read again when there are new ones. */
export function useMarkers(
  port: PagePort,
  groupId: string,
  subjectIds: readonly string[],
  window: TimeWindow,
  rangeKey: string,
): readonly Marker[] {
  const [markers, setMarkers] = useState<readonly Marker[]>([]);
  const [round, setRound] = useState(0);
  useEffect(() => {
    const again = () => setRound((value) => value + 1);
    const stops = [port.onStream((event) => event.type === 'events' && again()), port.onReopen(again)];
    return () => {
      for (const stop of stops) stop();
    };
  }, [port]);
  useEffect(() => {
    const abort = new AbortController();
    const to = window.live ? '' : `&to=${Math.ceil(window.toMs)}`;
    const paths = subjectIds.map(
      (id) =>
        `/groups/${encodeURIComponent(groupId)}/events?hostId=${encodeURIComponent(id)}&from=${Math.floor(window.fromMs)}${to}&limit=${mostEvents}`,
    );
    Promise.all(paths.map((path) => port.get<EventsAnswer>(path, abort.signal))).then(
      (answers) => setMarkers(markersOf(answers.flatMap((answer) => answer.events))),
      // The charts are whole without them, and the next event or range asks again.
      () => undefined,
    );
    return () => abort.abort();
  }, [port, groupId, subjectIds.join(), rangeKey, round]);
  return markers;
}

/** Reads series of one host through the API. */
export function seriesReader(port: PagePort, groupId: string, hostId: string): FetchSeries {
  return async (request, signal) => {
    const query = new URLSearchParams(request.metrics.map((name) => ['metric', name]));
    query.set('from', String(Math.floor(request.fromMs)));
    query.set('to', String(Math.ceil(request.toMs)));
    query.set('points', String(request.points));
    const answer = await port.get<SeriesAnswer>(`${hostPath(groupId, hostId)}/series?${query}`, signal);
    return answer.series;
  };
}

export function hostPath(groupId: string, hostId: string): string {
  return `/groups/${encodeURIComponent(groupId)}/hosts/${encodeURIComponent(hostId)}`;
}
