import { useEffect, useState } from 'preact/hooks';
import type { Moment, ViewAnswer } from '../../../wire/api/backup-reading.ts';
import { type ApiError, send, toApiError } from '../../api.ts';
import { type NamespaceRow, withSeries } from './namespace-rows.ts';
import { setPath } from './use-backups.ts';

export interface Namespaces {
  readonly rows: readonly NamespaceRow[] | null;
  readonly busy: boolean;
  readonly error: ApiError | null;
}

const settleMs = 300;
const nothing: Namespaces = { rows: null, busy: false, error: null };

/** The collections of a set as they were at a moment; old ones stay while the next are read. `null`: not asked for. */
export function useNamespaces(groupId: string, setId: string, moment: Moment | null): Namespaces {
  const [state, setState] = useState<Namespaces>(nothing);
  const wanted = moment === null ? '' : JSON.stringify(moment);
  useEffect(() => {
    if (wanted === '') return undefined;
    const abort = new AbortController();
    setState((before) => ({ ...before, busy: true, error: null }));
    const timer = setTimeout(() => {
      read(`${setPath(groupId, setId)}/views`, wanted, abort.signal).then(
        (rows) => !abort.signal.aborted && setState({ rows, busy: false, error: null }),
        (thrown: unknown) =>
          !abort.signal.aborted && setState((before) => ({ ...before, busy: false, error: toApiError(thrown) })),
      );
    }, settleMs);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [groupId, setId, wanted]);
  return state;
}

async function read(path: string, moment: string, signal: AbortSignal): Promise<readonly NamespaceRow[]> {
  const view = await send<ViewAnswer>('POST', path, JSON.parse(moment), signal);
  // It holds blocks while it is open.
  send('DELETE', `${path}/${encodeURIComponent(view.viewId)}`).catch(() => undefined);
  return withSeries(view.collections).toSorted((a, b) =>
    a.namespace.localeCompare(b.namespace, 'en', { numeric: true }),
  );
}
