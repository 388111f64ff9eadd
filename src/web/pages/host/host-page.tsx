import type { ComponentChildren } from 'preact';
import { useCallback, useEffect, useMemo, useState } from 'preact/hooks';
import type { Host, HostInfo as HostInfoAnswer, RawRepliesAnswer } from '../../../wire/api/deployment.ts';
import { type ApiError, toApiError } from '../../api.ts';
import { resolveRange } from '../../chart/time-range.ts';
import { Missing } from '../../components/missing.tsx';
import { groupPath } from '../../router.ts';
import { useZone } from '../../zone.ts';
import { ChartsTab } from './charts-tab.tsx';
import { ExposureLine } from './exposure-line.tsx';
import { hostPath, seriesReader, useHostData, useLastSample, useMarkers, useNow } from './host-data.ts';
import { HostHeader } from './host-header.tsx';
import type { HostTab } from './host-tabs.ts';
import { type InfoDocument, InfoTab } from './info-tab.tsx';
import type { PagePort } from './page-port.ts';
import { RawTab } from './raw-tab.tsx';
import { readView, type ViewState, writeView } from './view-state.ts';

export interface HostPageProps {
  readonly groupId: string;
  readonly hostId: string;
  readonly tab: HostTab;
  readonly query: URLSearchParams;
  readonly port: PagePort;
  /** What can be done with the host, beside its name. */
  readonly actions?: (host: Host) => ComponentChildren;
}

/** `/g/:g/hosts/:h`: header, tabs, and under them the charts, the raw replies or what the process says of itself. */
export function HostPage(props: HostPageProps) {
  const { groupId, hostId, tab, port } = props;
  const data = useHostData(port, groupId, hostId);
  const zone = useZone();
  const view = useMemo(() => readView(props.query, zone), [props.query.toString(), zone]);
  const base = `/g/${encodeURIComponent(groupId)}/hosts/${encodeURIComponent(hostId)}`;
  const now = useNow(
    port,
    useMemo(() => [hostId], [hostId]),
  );
  const lastSampleMs = useLastSample(port, hostId);
  const host = data.host === null ? null : { ...data.host, lastSampleAtMs: lastSampleMs ?? data.host.lastSampleAtMs };
  if (host === null && data.problem?.status === 404) {
    return (
      <Missing
        title="This host is not watched"
        why="It was removed from the group, with its samples, or the address is not complete."
        to={groupPath(groupId)}
        word="Open the deployment"
      />
    );
  }
  return (
    <>
      <HostHeader
        host={host}
        nowMs={now}
        base={base}
        tab={tab}
        query={props.query}
        data={data}
        actions={host !== null && props.actions?.(host)}
      />
      {host?.exposure !== undefined && (
        <ExposureLine groupId={groupId} hostId={hostId} exposure={host.exposure} nowMs={now} port={port} />
      )}
      {tab === 'charts' && <HostCharts {...props} data={data} view={view} base={base} nowMs={now} />}
      {tab === 'raw' && <HostRaw groupId={groupId} hostId={hostId} port={port} zone={view.zone} />}
      {tab === 'info' && <HostInfo groupId={groupId} hostId={hostId} port={port} zone={view.zone} />}
    </>
  );
}

interface HostChartsProps extends HostPageProps {
  readonly data: ReturnType<typeof useHostData>;
  readonly view: ViewState;
  readonly base: string;
  readonly nowMs: number;
}

function HostCharts({ groupId, hostId, port, query, data, view, base, nowMs }: HostChartsProps) {
  const { host, metrics } = data;
  const firstSampleMs = host?.firstSampleAtMs ?? null;
  const window = resolveRange(view.range, nowMs, firstSampleMs);
  const markers = useMarkers(
    port,
    groupId,
    host === null ? [] : host.replicaSetId === null ? [hostId] : [hostId, host.replicaSetId],
    window,
    `${JSON.stringify(view.range)} ${firstSampleMs}`,
  );
  const fetchSeries = useMemo(() => seriesReader(port, groupId, hostId), [port, groupId, hostId]);
  const address = (next: ViewState) => {
    const text = writeView(query, next).toString();
    return text === '' ? base : `${base}?${text}`;
  };
  const compareHref = (metric: string) => {
    if (host?.replicaSetId == null) return null;
    const next = new URLSearchParams({ metric, set: host.replicaSetId });
    const range = writeView(new URLSearchParams(), { ...view, expanded: null, added: [], isolated: new Map() });
    for (const [name, value] of range) next.append(name, value);
    return `/g/${encodeURIComponent(groupId)}/compare?${next}`;
  };
  if (metrics === null) return data.problem === null ? <ChartsWaiting /> : null;
  if (firstSampleMs === null) return <NoSamples groupId={groupId} problem={host?.problem ?? null} />;
  return (
    <ChartsTab
      key={hostId}
      hostId={hostId}
      metrics={metrics}
      catalog={data.catalog}
      markers={markers}
      firstSampleMs={firstSampleMs}
      nowMs={nowMs}
      view={view}
      onView={(next) => port.go(address(next), !sameRange(next, view) ? false : next.expanded === view.expanded)}
      permalink={(next) => new URL(address({ ...next, zoneFixed: true }), location.href).href}
      compareHref={compareHref}
      fetchSeries={fetchSeries}
    />
  );
}

function HostRaw({
  groupId,
  hostId,
  port,
  zone,
}: {
  groupId: string;
  hostId: string;
  port: PagePort;
  zone: ViewState['zone'];
}) {
  const read = useCallback(
    async (signal: AbortSignal) =>
      (await port.post<RawRepliesAnswer>(`${hostPath(groupId, hostId)}/raw`, signal)).replies,
    [port, groupId, hostId],
  );
  return <RawTab zone={zone} read={read} />;
}

function HostInfo({
  groupId,
  hostId,
  port,
  zone,
}: {
  groupId: string;
  hostId: string;
  port: PagePort;
  zone: ViewState['zone'];
}) {
  const [documents, setDocuments] = useState<readonly InfoDocument[] | null>(null);
  const [problem, setProblem] = useState<ApiError | null>(null);
  useEffect(() => {
    const abort = new AbortController();
    port
      .get<HostInfoAnswer>(
        `${hostPath(groupId, hostId)}/info`,
        AbortSignal.any([abort.signal, AbortSignal.timeout(20_000)]),
      )
      .then(
        (answer) => setDocuments(answer.documents),
        (error: unknown) => {
          if (!abort.signal.aborted) setProblem(toApiError(error));
        },
      );
    return () => abort.abort();
  }, [port, groupId, hostId]);
  return <InfoTab documents={documents} problem={problem} zone={zone} />;
}

/** The grid in outline, as high as it will be. */
function ChartsWaiting() {
  return (
    <section class="charts" aria-busy="true" aria-label="Charts">
      {Array.from({ length: 6 }, (_, at) => (
        <div class="card chart" key={at}>
          <header />
          <div class="plot waiting" />
          <div class="legend" />
        </div>
      ))}
    </section>
  );
}

function NoSamples({
  groupId,
  problem,
}: {
  readonly groupId: string;
  readonly problem: { message: string; hint: string } | null;
}) {
  return (
    <div class="card empty" role="status">
      <h2>{problem === null ? 'Waiting for the first sample' : 'No samples yet'}</h2>
      <p>
        {problem === null
          ? 'The charts begin by themselves a few seconds after the agent has reached this process.'
          : `${problem.message} ${problem.hint}`}
      </p>
      <a class="button" href={`/g/${encodeURIComponent(groupId)}/settings/hosts`}>
        Check the connection
      </a>
    </div>
  );
}

function sameRange(a: ViewState, b: ViewState): boolean {
  return JSON.stringify(a.range) === JSON.stringify(b.range);
}
