import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { Event, EventsAnswer } from '../../wire/api/alerts.ts';
import { type ApiError, get, toApiError } from '../api.ts';
import { ErrorBox } from '../components/error-box.tsx';
import { EventRow } from '../components/event-rows.tsx';
import { FilterInput } from '../components/filter-input.tsx';
import { fitsWords } from '../components/fits-words.ts';
import { Icon } from '../components/icon.tsx';
import { narrow } from '../components/narrow.ts';
import { VirtualRows } from '../components/virtual-rows.tsx';
import { setQuery } from '../router.ts';
import { useGroup } from '../session.ts';
import { onStream } from '../stream.ts';

const pageSize = 200;
const kinds = [
  'restart',
  'election',
  'versionChange',
  'stateChange',
  'unreachable',
  'reachable',
  'memberAdded',
  'memberRemoved',
  'gap',
  'agentNew',
  'agentTakeover',
  'agentLost',
  'agentReturned',
  'agentDuplicate',
  'agentProblem',
  'drillPassed',
  'drillFailed',
];
const kindWords: Readonly<Record<string, string>> = {
  restart: 'Restarts',
  election: 'Elections',
  versionChange: 'Version changes',
  stateChange: 'State changes',
  unreachable: 'Unreachable',
  reachable: 'Reachable again',
  memberAdded: 'Members added',
  memberRemoved: 'Members removed',
  gap: 'Gaps',
  agentNew: 'New agents',
  agentTakeover: 'Takeovers by agents',
  agentLost: 'Lost agents',
  agentReturned: 'Agents back again',
  agentDuplicate: 'Agents that run twice',
  agentProblem: 'Agent problems',
  drillPassed: 'Restore drills that passed',
  drillFailed: 'Restore drills that failed',
};
/** Everything that happened, newest first, read on as one scrolls. */
export function EventsPage({ query }: { readonly query: URLSearchParams }) {
  const kind = query.get('kind') ?? '';
  const filter = query.get('filter') ?? '';
  const log = useEventLog(kind);
  const fits = fitsWords(filter);
  const shown = log.events?.filter(({ subject, message, kind: word }) => fits(`${subject.label} ${message} ${word}`));
  return (
    <>
      <div class="page-head">
        <h1>Events</h1>
      </div>
      <div class="bar-tools">
        <FilterInput
          placeholder="Filter: host, words"
          label="Filter by host or words"
          value={filter}
          onText={(text) => setQuery('filter', text)}
        />
        <select aria-label="Kind" value={kind} onChange={(event) => setQuery('kind', event.currentTarget.value)}>
          <option value="">All kinds</option>
          {kinds.map((name) => (
            <option key={name} value={name}>
              {kindWords[name] ?? name}
            </option>
          ))}
        </select>
      </div>
      {log.error !== null && <ErrorBox error={log.error} onRetry={log.more} />}
      {shown === undefined ? (
        log.error === null && <div class="waiting" aria-busy="true" style={{ height: '400px' }} />
      ) : shown.length === 0 ? (
        <div class="card empty big">
          <Icon name="events" />
          <h2>{filter === '' && kind === '' ? 'Nothing has happened yet' : 'Nothing matches'}</h2>
          <p>
            Elections, restarts, new and lost members, version changes, gaps and alerts are noted here with their time.
          </p>
        </div>
      ) : (
        <section class="card">
          <table class="events fixed">
            <caption class="sr">Events, newest first</caption>
            <thead>
              <tr>
                <th scope="col">Time</th>
                <th scope="col">Where</th>
                <th scope="col">What</th>
              </tr>
            </thead>
            <VirtualRows rows={shown} rowHeight={narrow.matches ? 88 : 36} columns={3} onEnd={log.more}>
              {(event) => <EventRow key={event.id} event={event} />}
            </VirtualRows>
          </table>
        </section>
      )}
    </>
  );
}

/** The log from the newest back; `more` reads the next page, an event of the stream adds what is new on top. */
function useEventLog(kind: string) {
  const { groupId } = useGroup();
  const [events, setEvents] = useState<readonly Event[] | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const next = useRef<string | null>(null);
  const reading = useRef(false);
  const round = useRef(0);
  const path = useCallback(
    (before: string | null) => {
      const query = new URLSearchParams({ limit: String(pageSize) });
      if (kind !== '') query.set('kind', kind);
      if (before !== null) query.set('before', before);
      return `/groups/${groupId}/events?${query}`;
    },
    [groupId, kind],
  );
  const read = useCallback(
    async (before: string | null) => {
      if (reading.current) return;
      reading.current = true;
      const mine = round.current;
      try {
        const answer = await get<EventsAnswer>(path(before));
        if (mine !== round.current) return;
        if (before !== null) next.current = answer.nextBefore;
        setEvents((known) => merge(known, answer.events, before !== null));
        setError(null);
        return answer;
      } catch (thrown) {
        if (mine === round.current) setError(toApiError(thrown));
        return;
      } finally {
        if (mine === round.current) reading.current = false;
      }
    },
    [path],
  );
  useEffect(() => {
    round.current++;
    reading.current = false;
    next.current = null;
    setEvents(null);
    void read(null).then((answer) => {
      next.current = answer?.nextBefore ?? null;
    });
    return onStream((event) => {
      if (event.type === 'events') void read(null);
    });
  }, [read]);
  const more = useCallback(() => {
    if (next.current !== null) void read(next.current);
  }, [read]);
  return { events: events ?? undefined, error, more };
}

function merge(known: readonly Event[] | null, read: readonly Event[], older: boolean): readonly Event[] {
  if (known === null) return read;
  const ids = new Set(known.map(({ id }) => id));
  const fresh = read.filter(({ id }) => !ids.has(id));
  if (fresh.length === 0) return known;
  return older ? [...known, ...fresh] : [...fresh, ...known];
}
