import { useEffect, useState } from 'preact/hooks';
import type { Host, TopologyAnswer } from '../../../wire/api/deployment.ts';
import type { MetricInfo } from '../../../wire/api/metrics.ts';
import { type ApiError, toApiError } from '../../api.ts';
import { hostPath } from '../host/host-data.ts';
import type { PagePort } from '../host/page-port.ts';
import { type CompareTarget, compareTargets } from './compare-targets.ts';

const retryMs = 5000;

/** Sets and clusters of the group; read again when hosts change, every 5 s while it fails. */
export function useTargets(
  port: PagePort,
  groupId: string,
): {
  readonly targets: readonly CompareTarget[] | null;
  readonly problem: ApiError | null;
  readonly retryAtMs: number;
  readonly reload: () => void;
} {
  const [targets, setTargets] = useState<readonly CompareTarget[] | null>(null);
  const [problem, setProblem] = useState<ApiError | null>(null);
  const [retryAtMs, setRetryAt] = useState(0);
  const [round, setRound] = useState(0);
  useEffect(() => port.onStream((event) => event.type === 'hosts' && setRound((value) => value + 1)), [port]);
  useEffect(() => {
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const signal = AbortSignal.any([abort.signal, AbortSignal.timeout(20_000)]);
    const base = `/groups/${encodeURIComponent(groupId)}`;
    Promise.all([port.get<TopologyAnswer>(`${base}/topology`, signal), port.get<Host[]>(`${base}/hosts`, signal)]).then(
      ([topology, hosts]) => {
        setTargets(compareTargets(topology, hosts));
        setProblem(null);
      },
      (error: unknown) => {
        if (abort.signal.aborted) return;
        setProblem(toApiError(error));
        setRetryAt(Date.now() + retryMs);
        timer = setTimeout(() => setRound((value) => value + 1), retryMs);
      },
    );
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [port, groupId, round]);
  return { targets, problem, retryAtMs, reload: () => setRound((value) => value + 1) };
}

/** Metrics of the first member that has any; members of a set report the same. */
export function useTargetMetrics(port: PagePort, groupId: string, target: CompareTarget | null): readonly MetricInfo[] {
  const [metrics, setMetrics] = useState<readonly MetricInfo[]>([]);
  useEffect(() => {
    const abort = new AbortController();
    const read = async () => {
      for (const member of target?.members ?? []) {
        const found = await port.get<MetricInfo[]>(`${hostPath(groupId, member.hostId)}/metrics`, abort.signal);
        if (found.some((metric) => metric.raw)) return setMetrics(found);
      }
    };
    // Without the list the chart still stands; the title is then the metric's name.
    read().catch(() => undefined);
    return () => abort.abort();
  }, [port, groupId, target?.id]);
  return metrics;
}
