import { useEffect, useRef, useState } from 'preact/hooks';
import { type ApiError, toApiError } from '../../api.ts';
import { longTime, type Zone } from '../../chart/time-axis.ts';
import { ErrorBox } from '../../components/error-box.tsx';

export interface RawReply {
  readonly atMs: number;
  readonly reply: unknown;
}
export interface RawTabProps {
  readonly zone: Zone;
  /** Asks the agent; up to 15 s. */
  readonly read: (signal: AbortSignal) => Promise<readonly RawReply[]>;
}

type Reading =
  | { readonly at: 'reading' }
  | { readonly at: 'done'; readonly replies: readonly RawReply[] }
  | { readonly at: 'failed'; readonly error: ApiError };

/** The last replies of the process as they came, newest first: one in view, searchable by the browser, to copy or save. */
export function RawTab({ zone, read }: RawTabProps) {
  const [reading, setReading] = useState<Reading>({ at: 'reading' });
  const [chosen, setChosen] = useState(0);
  const [round, setRound] = useState(0);
  const kept = useRef<readonly RawReply[]>([]);
  useEffect(() => {
    const abort = new AbortController();
    setReading({ at: 'reading' });
    read(AbortSignal.any([abort.signal, AbortSignal.timeout(20_000)])).then(
      (replies) => {
        kept.current = replies.toSorted((a, b) => b.atMs - a.atMs);
        setReading({ at: 'done', replies: kept.current });
        setChosen(0);
      },
      (problem: unknown) => {
        if (abort.signal.aborted) return;
        setReading({ at: 'failed', error: toApiError(problem) });
      },
    );
    return () => abort.abort();
  }, [round, read]);
  const reply = kept.current[chosen];
  return (
    <section class="card raw" aria-label="Raw replies" aria-busy={reading.at === 'reading'}>
      <header>
        <h2>Raw replies</h2>
        <span class="sub">
          the last {kept.current.length > 0 ? kept.current.length : 20} that the agent got, in full
        </span>
        <span class="end">
          <button type="button" onClick={() => setRound(round + 1)} disabled={reading.at === 'reading'}>
            {reading.at === 'reading' ? 'Asking the agent …' : 'Ask again'}
          </button>
        </span>
      </header>
      {reading.at === 'failed' && (
        <div class="body">
          <ErrorBox error={reading.error} />
        </div>
      )}
      {kept.current.length > 0 && reply !== undefined ? (
        <div class={`replies ${reading.at === 'done' ? '' : 'old'}`}>
          <ol aria-label="Replies, newest first">
            {kept.current.map((entry, at) => (
              <li key={entry.atMs}>
                <button type="button" class="quiet" aria-pressed={at === chosen} onClick={() => setChosen(at)}>
                  {longTime(entry.atMs, zone, true)}
                </button>
              </li>
            ))}
          </ol>
          <Document value={reply.reply} name={`reply-${new Date(reply.atMs).toISOString().replaceAll(':', '')}`} />
        </div>
      ) : (
        reading.at !== 'failed' && (
          <div class="empty">
            <p>
              {reading.at === 'reading'
                ? 'Asking the agent for its last replies.'
                : 'The agent has no replies of this process yet. They appear after its first poll.'}
            </p>
          </div>
        )
      )}
    </section>
  );
}

/** JSON as text, wrapped and scrollable, with copy and save. */
export function Document({ value, name }: { readonly value: unknown; readonly name: string }) {
  const text = JSON.stringify(value, null, 2) ?? 'null';
  const save = () => {
    const url = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
    const link = document.createElement('a');
    link.href = url;
    link.download = `${name}.json`;
    link.click();
    URL.revokeObjectURL(url);
  };
  return (
    <div class="document">
      <div class="tools">
        <button type="button" onClick={() => void navigator.clipboard?.writeText(text)} disabled={!isSecureContext}>
          Copy
        </button>
        <button type="button" onClick={save}>
          Save as file
        </button>
      </div>
      <pre tabIndex={0} aria-label="JSON document">
        {text}
      </pre>
    </div>
  );
}
