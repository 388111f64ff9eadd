import { useMemo, useState } from 'preact/hooks';
import { plainName } from '../../../model/plain-name.ts';
import type { MetricInfo } from '../../../wire/api/metrics.ts';
import { resolveRange } from '../../chart/time-range.ts';
import { ErrorBox } from '../../components/error-box.tsx';
import { setZone, useZone } from '../../zone.ts';
import { AddMetric } from '../host/add-metric.tsx';
import { useNow } from '../host/host-data.ts';
import type { PagePort } from '../host/page-port.ts';
import { RangeBar } from '../host/range-bar.tsx';
import { readView, type ViewState, writeView } from '../host/view-state.ts';
import { CompareChart } from './compare-chart.tsx';
import { useTargetMetrics, useTargets } from './compare-data.ts';

export interface ComparePageProps {
  readonly groupId: string;
  readonly query: URLSearchParams;
  readonly port: PagePort;
}

const firstMetric = 'operations.total';

/** `/g/:g/compare?metric=…&set=…`: one metric, all members of a set, one chart. */
export function ComparePage({ groupId, query, port }: ComparePageProps) {
  const { targets, problem, retryAtMs, reload } = useTargets(port, groupId);
  const target = targets?.find((entry) => entry.id === query.get('set')) ?? targets?.[0] ?? null;
  const metrics = useTargetMetrics(port, groupId, target);
  const metric = metricOf(metrics, query.get('metric') ?? firstMetric);
  const zone = useZone();
  const view = useMemo(() => readView(query, zone), [query.toString(), zone]);
  const now = useNow(port, target?.members.map((member) => member.hostId) ?? []);
  const [choosing, setChoosing] = useState(false);
  const address = (changes: Readonly<Record<string, string>>, next: ViewState = view) => {
    const text = writeView(query, next);
    for (const [name, value] of Object.entries(changes)) text.set(name, value);
    return `/g/${encodeURIComponent(groupId)}/compare?${text}`;
  };
  const fixed = { metric: metric.name, set: target?.id ?? '' };
  const window = resolveRange(view.range, now, target?.firstSampleMs ?? null);
  if (targets === null)
    return problem === null ? (
      <CompareWaiting />
    ) : (
      <>
        <CompareHead />
        <ErrorBox error={problem} retryAtMs={retryAtMs} onRetry={reload} />
      </>
    );
  if (target === null) return <NothingToCompare groupId={groupId} />;
  const go = (next: ViewState) => port.go(address(fixed, next), false);
  return (
    <>
      <CompareHead />
      <div class="pickers">
        <label>
          Members of
          <select
            value={target.id}
            onChange={(event) =>
              port.go(address({ ...fixed, set: event.currentTarget.value }, { ...view, isolated: new Map() }), false)
            }
          >
            {targets.map((entry) => (
              <option key={entry.id} value={entry.id}>
                {entry.label} ({entry.members.length})
              </option>
            ))}
          </select>
        </label>
        <button type="button" class="metric" onClick={() => setChoosing(true)} aria-haspopup="dialog">
          <span>
            Metric: <b>{metric.title}</b>
          </span>
        </button>
      </div>
      <RangeBar
        range={view.range}
        window={window}
        zone={view.zone}
        nowMs={now}
        firstSampleMs={target.firstSampleMs}
        onRange={(range) => go({ ...view, range })}
        onZone={setZone}
        permalink={(range) => new URL(address(fixed, { ...view, range, zoneFixed: true }), location.href).href}
      />
      <CompareChart
        key={target.id}
        port={port}
        groupId={groupId}
        target={target}
        metric={metric}
        view={view}
        window={window}
        nowMs={now}
        onView={go}
      />
      {choosing && (
        <AddMetric
          title="Choose a metric"
          metrics={metrics}
          added={[metric.name]}
          onChoose={(chosen) =>
            port.go(address({ ...fixed, metric: chosen.name }, { ...view, isolated: new Map() }), false)
          }
          onClose={() => setChoosing(false)}
        />
      )}
    </>
  );
}

function metricOf(metrics: readonly MetricInfo[], name: string): MetricInfo {
  const found = metrics.find((metric) => metric.name === name || metric.name === name.split(':', 1)[0]);
  if (found !== undefined) return { ...found, name };
  return { name, title: plainName(name), unit: 'count', kind: 'gauge', explanation: '', chart: null, raw: true };
}

function CompareHead() {
  return (
    <div class="page-head">
      <h1>Compare members</h1>
    </div>
  );
}

function CompareWaiting() {
  return (
    <>
      <CompareHead />
      <div class="card chart expanded" aria-busy="true">
        <header />
        <div class="plot waiting" />
        <div class="legend" />
      </div>
    </>
  );
}

function NothingToCompare({ groupId }: { readonly groupId: string }) {
  return (
    <>
      <CompareHead />
      <div class="card empty">
        <p>
          Here one metric of all members of a set lies in one chart, so that the odd one stands out. No process is
          watched yet.
        </p>
        <a class="button primary" href={`/g/${encodeURIComponent(groupId)}/settings/hosts`}>
          Add a host
        </a>
      </div>
    </>
  );
}
