import { useCallback, useEffect, useState } from 'preact/hooks';
import { type ApiError, send, toApiError } from '../../../api.ts';

export interface Asked<T> {
  readonly data: T | undefined;
  readonly busy: boolean;
  readonly error: ApiError | null;
  readonly again: () => void;
}

/** The answer to a question that is sent by POST; that of the question before stays, grey, while the next is on its way. `null` asks nothing. */
export function useAnswer<T>(path: string, body: unknown): Asked<T> {
  const wanted = body === null ? '' : JSON.stringify(body);
  const [state, setState] = useState<{ data: T | undefined; busy: boolean; error: ApiError | null }>({
    data: undefined,
    busy: wanted !== '',
    error: null,
  });
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    if (wanted === '') return undefined;
    const abort = new AbortController();
    setState((before) => ({ ...before, busy: true, error: null }));
    send<T>('POST', path, JSON.parse(wanted), abort.signal).then(
      (data) => !abort.signal.aborted && setState({ data, busy: false, error: null }),
      (thrown: unknown) =>
        !abort.signal.aborted && setState((before) => ({ ...before, busy: false, error: toApiError(thrown) })),
    );
    return () => abort.abort();
  }, [path, wanted, attempt]);
  const again = useCallback(() => setAttempt((count) => count + 1), []);
  return { ...state, again };
}
