import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { type ApiError, toApiError } from '../api.ts';

export interface Action<A extends readonly unknown[]> {
  readonly busy: boolean;
  readonly error: ApiError | null;
  /** It went well and nothing was started since. */
  readonly done: boolean;
  readonly run: (...args: A) => void;
}

/** A change asked of the server by a button: never twice at once, its error kept for the place where it belongs. */
export function useAction<A extends readonly unknown[]>(act: (...args: A) => Promise<unknown>): Action<A> {
  const [state, setState] = useState<{ busy: boolean; error: ApiError | null; done: boolean }>({
    busy: false,
    error: null,
    done: false,
  });
  const running = useRef(false);
  const mounted = useRef(true);
  const newest = useRef(act);
  newest.current = act;
  useEffect(() => {
    mounted.current = true;
    return () => {
      mounted.current = false;
    };
  }, []);
  const run = useCallback((...args: A) => {
    if (running.current) return;
    running.current = true;
    setState({ busy: true, error: null, done: false });
    const finish = (error: ApiError | null) => {
      running.current = false;
      if (mounted.current) setState({ busy: false, error, done: error === null });
    };
    newest.current(...args).then(
      () => finish(null),
      (thrown: unknown) => finish(toApiError(thrown)),
    );
  }, []);
  return { ...state, run };
}
