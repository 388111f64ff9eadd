import type { MetricState } from '../../chart/series-port.ts';

export interface ChartMessageProps {
  readonly phase: MetricState['phase'];
  readonly states: ReadonlyMap<string, MetricState>;
  readonly onRetry: () => void;
  /** Old lines stay visible above. */
  readonly over?: boolean;
}

/** What stands in the plot's place, at the plot's height: loading, nothing in this span, or why it could not be read. */
export function ChartMessage({ phase, states, onRetry, over }: ChartMessageProps) {
  if (phase === 'loading')
    return (
      <div class="plot waiting" role="status">
        <span class="sr">Loading</span>
      </div>
    );
  if (phase === 'ready') {
    return (
      <div class="plot nothing">
        <p>No samples in this span.</p>
      </div>
    );
  }
  const failed = [...states.values()].find((state) => state.phase === 'stale');
  return (
    <div class={over === true ? 'chart-error' : 'plot chart-error'} role="status">
      <p>
        {over === true ? 'These lines are old: ' : ''}
        {reasonOf(failed?.problem)} Next try {retryWords(failed?.retryAtMs ?? null)}.
      </p>
      <button type="button" onClick={onRetry}>
        Try now
      </button>
    </div>
  );
}

function reasonOf(problem: unknown): string {
  if (problem instanceof DOMException && problem.name === 'TimeoutError')
    return 'The server took more than 20 s to answer.';
  if (problem instanceof TypeError) return 'The server cannot be reached.';
  if (problem instanceof Error && problem.message !== '')
    return problem.message.endsWith('.') ? problem.message : `${problem.message}.`;
  return 'The samples could not be read.';
}

function retryWords(retryAtMs: number | null): string {
  if (retryAtMs === null) return 'soon';
  return `in ${Math.max(1, Math.round((retryAtMs - Date.now()) / 1000))} s`;
}
