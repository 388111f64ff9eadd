import { useEffect, useState } from 'preact/hooks';
import type { DoctorStep } from '../../../wire/agent-messages.ts';
import type { DoctorRun } from '../../../wire/api/deployment.ts';
import { type ApiError, get, send, toApiError } from '../../api.ts';
import { Command } from '../../components/command.tsx';
import { ErrorBox } from '../../components/error-box.tsx';
import { Shape, type ShapeKind } from '../../components/status.tsx';
import { useGroup } from '../../session.ts';
import { onStream } from '../../stream.ts';

const shapes: Readonly<Record<DoctorStep['state'], ShapeKind>> = {
  waiting: 'unknown',
  running: 'busy',
  ok: 'ok',
  warn: 'warn',
  failed: 'bad',
  skipped: 'off',
};
const words: Readonly<Record<DoctorStep['state'], string>> = {
  waiting: 'waiting',
  running: 'running',
  ok: 'fine',
  warn: 'works, but',
  failed: 'failed',
  skipped: 'not needed',
};
const pollMs = 1000;

/** The agent walks from DNS to privileges; each step ticks as it is done, failures with their fix. */
export function DoctorSteps({ hostId }: { readonly hostId: string }) {
  const { groupId } = useGroup();
  const [run, setRun] = useState<DoctorRun | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const [round, setRound] = useState(0);
  useEffect(() => {
    const abort = new AbortController();
    setError(null);
    setRun(null);
    follow(groupId, hostId, abort.signal, setRun).catch((thrown: unknown) => {
      if (!abort.signal.aborted) setError(toApiError(thrown));
    });
    return () => abort.abort();
  }, [groupId, hostId, round]);
  const failure = run?.error ?? null;
  return (
    <div class="doctor">
      <ol aria-live="polite" aria-busy={run?.done === false}>
        {(run?.steps ?? []).map((step) => (
          <Step key={step.step} step={step} />
        ))}
        {run?.steps.length === 0 && failure === null && (
          <li class="sub">The agent has been asked; its first answer comes in a moment.</li>
        )}
      </ol>
      {run === null && error === null && <p class="sub">Asking the agent.</p>}
      {error !== null && <ErrorBox error={error} />}
      {failure !== null && (
        <div class="error" role="alert">
          <Shape health="bad" />
          <p>
            <b>{failure.message}</b> {failure.hint}
          </p>
        </div>
      )}
      {(run?.done === true || error !== null) && (
        <button type="button" onClick={() => setRound(round + 1)}>
          Check again
        </button>
      )}
    </div>
  );
}

function Step({ step }: { readonly step: DoctorStep }) {
  const hint = splitHint(step.hint ?? '');
  return (
    <li class={step.state}>
      <Shape health={shapes[step.state]} />
      <div>
        <b>{step.title}</b> <span class="sr">{words[step.state]}. </span>
        <span class="sub">{step.message}</span>
        {hint.text !== '' && <p>{hint.text}</p>}
        {hint.snippet !== '' && <Command text={hint.snippet} label="Copy the snippet" />}
      </div>
      {step.durationMs !== undefined && <span class="sub small num">{Math.round(step.durationMs)} ms</span>}
    </li>
  );
}

/** A hint may end in lines to paste: they begin at the first line that looks like a command. */
function splitHint(hint: string): { readonly text: string; readonly snippet: string } {
  const lines = hint.split('\n');
  const at = lines.findIndex((line) => /^\s*(db\.|use |sudo |mongosh|curl |leafward |\{)/.test(line));
  if (at < 0) return { text: hint, snippet: '' };
  return { text: lines.slice(0, at).join('\n').trim(), snippet: lines.slice(at).join('\n').trim() };
}

/** Starts a check and reads it after every event about it, and every second in case an event is lost. */
async function follow(
  groupId: string,
  hostId: string,
  signal: AbortSignal,
  report: (run: DoctorRun) => void,
): Promise<void> {
  const host = encodeURIComponent(hostId);
  let run = await send<DoctorRun>('POST', `/groups/${groupId}/hosts/${host}/doctor`, undefined, signal);
  report(run);
  while (!run.done && run.error === null && !signal.aborted) {
    await nextNews(run.orderId, signal);
    run = await get<DoctorRun>(`/groups/${groupId}/doctor/${encodeURIComponent(run.orderId)}`, signal);
    report(run);
  }
}

function nextNews(orderId: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      stop();
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const stop = onStream((event) => {
      if (event.type === 'doctor' && event.orderId === orderId) done();
    });
    const timer = setTimeout(done, pollMs);
    signal.addEventListener('abort', done);
  });
}
