import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { AuditAnswer, AuditEvent } from '../../../wire/api/audit.ts';
import { type ApiError, get, toApiError } from '../../api.ts';

const pageSize = 200;
/** Kept in memory at most; older ones are in the export. */
const keptMost = 20_000;

interface AuditLog {
  readonly events: readonly AuditEvent[] | undefined;
  readonly error: ApiError | null;
  /** There is no older one, or no room for it. */
  readonly end: 'all' | 'full' | null;
  readonly more: () => void;
}

/** Events of an address with its filters, newest first; `more` reads on where the last page ended. */
export function useAudit(path: string, filters: string): AuditLog {
  const [events, setEvents] = useState<readonly AuditEvent[] | undefined>();
  const [error, setError] = useState<ApiError | null>(null);
  const [end, setEnd] = useState<AuditLog['end']>(null);
  const next = useRef<number | null>(null);
  const reading = useRef<AbortController | null>(null);
  const read = useCallback(
    async (before: number | null) => {
      const mine = new AbortController();
      reading.current = mine;
      const query = new URLSearchParams(filters);
      query.set('limit', String(pageSize));
      if (before !== null) query.set('before', String(before));
      try {
        const answer = await get<AuditAnswer>(`${path}?${query}`, mine.signal);
        next.current = answer.nextBefore;
        setError(null);
        setEvents((known) => {
          const all = before === null || known === undefined ? answer.events : [...known, ...answer.events];
          setEnd(answer.nextBefore === null ? 'all' : all.length >= keptMost ? 'full' : null);
          return all;
        });
        reading.current = null;
        // A filter may leave a page empty although older events match.
        if (answer.events.length === 0 && answer.nextBefore !== null) void read(answer.nextBefore);
      } catch (thrown) {
        if (mine.signal.aborted) return;
        reading.current = null;
        setError(toApiError(thrown));
      }
    },
    [path, filters],
  );
  useEffect(() => {
    next.current = null;
    setEvents(undefined);
    setEnd(null);
    void read(null);
    return () => {
      reading.current?.abort();
      reading.current = null;
    };
  }, [read]);
  const more = useCallback(() => {
    if (reading.current === null && error === null && end === null && next.current !== null) void read(next.current);
  }, [read, error, end]);
  const retry = useCallback(() => {
    if (error !== null) void read(next.current);
    else more();
  }, [read, error, more]);
  return { events, error, end, more: error === null ? more : retry };
}
