import { useMemo, useState } from 'preact/hooks';
import type { Alert } from '../../../wire/api/alerts.ts';
import { FilterInput } from '../../components/filter-input.tsx';
import { Icon } from '../../components/icon.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { Shape } from '../../components/status.tsx';
import { WhyNot } from '../../components/why-not.tsx';
import { counted, whole } from '../../format.ts';
import { useResource } from '../../resource.ts';
import { groupPath, setQuery } from '../../router.ts';
import { useGroup } from '../../session.ts';
import { AlertList } from './alert-list.tsx';
import { type Places, usePlaces } from './alert-places.ts';
import { type AlertFilter, shownAlerts } from './alert-rows.ts';

const most = 5000;
const closedAtFirst = 200;
const states = [
  ['open', 'Open'],
  ['acknowledged', 'Acknowledged'],
  ['closed', 'Closed'],
] as const;

/** What needs a person now, what somebody has in hand, and what is over. */
export function AlertsPage({ query }: { readonly query: URLSearchParams }) {
  const { groupId } = useGroup();
  const filter = filterOf(query);
  const [closedLimit, setClosedLimit] = useState(closedAtFirst);
  const base = `/groups/${groupId}/alerts`;
  const active = useResource<Alert[]>(`${base}?state=active&limit=${most}`, ['alerts']);
  const isClosed = filter.state === 'closed';
  const closed = useResource<Alert[]>(isClosed ? `${base}?state=closed&limit=${closedLimit}` : null, ['alerts']);
  const places = usePlaces();
  const count = (state: string) => active.data?.filter((alert) => alert.state === state).length;
  return (
    <>
      <div class="page-head">
        <h1>Alerts</h1>
        <span class="seg" role="group" aria-label="Which alerts">
          {states.map(([state, word]) => (
            <button
              key={state}
              type="button"
              aria-pressed={filter.state === state}
              onClick={() => setQuery('state', state === 'open' ? null : state)}
            >
              {word}
              <Count count={state === 'closed' ? undefined : count(state)} />
            </button>
          ))}
        </span>
        <div class="actions">
          <a class="button" href={groupPath(groupId, 'settings', 'alerts')}>
            Rules
          </a>
          <a class="button" href={groupPath(groupId, 'settings', 'maintenance')}>
            Maintenance
          </a>
        </div>
      </div>
      <WhyNot permission="monitoring.write" what="acknowledge alerts" />
      <Loaded from={isClosed ? closed : active} height={320}>
        {(list) => (
          <Listed
            list={list}
            filter={filter}
            places={places}
            onChanged={() => {
              active.reload();
              closed.reload();
            }}
          />
        )}
      </Loaded>
      {isClosed && closed.data?.length === closedLimit && (
        <p class="sub more">
          The newest {whole(closedLimit)}.{' '}
          {closedLimit < most ? (
            <button type="button" class="link" onClick={() => setClosedLimit(most)}>
              Read on
            </button>
          ) : (
            <>
              Older ones are in the <a href={groupPath(groupId, 'events')}>event log</a>.
            </>
          )}
        </p>
      )}
    </>
  );
}

function Count({ count }: { readonly count: number | undefined }) {
  return count === undefined || count === 0 ? null : <b class="count-in">{whole(count)}</b>;
}

function filterOf(query: URLSearchParams): AlertFilter {
  const state = states.find(([name]) => name === query.get('state'))?.[0] ?? 'open';
  const text = (name: string) => query.get(name) ?? '';
  return { state, text: text('filter'), severity: text('severity'), set: text('set'), tag: text('tag') };
}

interface ListedProps {
  readonly list: readonly Alert[];
  readonly filter: AlertFilter;
  readonly places: Places;
  readonly onChanged: () => void;
}

function Listed({ list, filter, places, onChanged }: ListedProps) {
  const { state, text, severity, set, tag } = filter;
  const mine = useMemo(() => list.filter((alert) => alert.state === state), [list, state]);
  const shown = useMemo(() => shownAlerts(mine, filter, places), [mine, state, text, severity, set, tag, places]);
  if (mine.length === 0) return <Nothing state={state} acknowledged={list.length} />;
  return (
    <>
      <Tools alerts={mine} filter={filter} places={places} shown={shown.length} />
      {shown.length === 0 ? (
        <p class="card empty">
          None of {counted(mine.length, 'alert')} matches.{' '}
          <button
            type="button"
            class="link"
            onClick={() => {
              for (const name of ['filter', 'severity', 'set', 'tag']) setQuery(name, null);
            }}
          >
            Show all
          </button>
        </p>
      ) : (
        <AlertList key={state} alerts={shown} state={state} places={places} onChanged={onChanged} />
      )}
    </>
  );
}

interface ToolsProps {
  readonly alerts: readonly Alert[];
  readonly filter: AlertFilter;
  readonly places: Places;
  readonly shown: number;
}

/** Ways to see less: words, severity, replica set, tag. Sets and tags only when there are some to choose from. */
function Tools({ alerts, filter, places, shown }: ToolsProps) {
  const { sets, tags } = useMemo(() => {
    const all = alerts.map(places);
    const names = (list: readonly (string | null)[]) => [...new Set(list.filter((name) => name !== null))].toSorted();
    return { sets: names(all.map(({ setName }) => setName)), tags: names(all.flatMap((place) => place.tags)) };
  }, [alerts, places]);
  return (
    <div class="bar-tools">
      <FilterInput
        placeholder="Filter: host, rule, words"
        label="Filter by host, rule or words"
        value={filter.text}
        onText={(text) => setQuery('filter', text)}
      />
      <select
        aria-label="Severity"
        value={filter.severity}
        onChange={({ currentTarget }) => setQuery('severity', currentTarget.value)}
      >
        <option value="">All severities</option>
        <option value="bad">Severe</option>
        <option value="warn">Warnings</option>
      </select>
      <Names word="All sets" label="Replica set" name="set" names={sets} value={filter.set} />
      <Names word="All tags" label="Tag" name="tag" names={tags} value={filter.tag} />
      <span class="sub" role="status">
        {shown === alerts.length ? counted(shown, 'alert') : `${whole(shown)} of ${counted(alerts.length, 'alert')}`}
      </span>
    </div>
  );
}

interface NamesProps {
  readonly word: string;
  readonly label: string;
  readonly name: string;
  readonly names: readonly string[];
  readonly value: string;
}

/** A long list is typed into, so that the page does not hold a node for each name. */
function Names({ word, label, name, names, value }: NamesProps) {
  if (names.length < 2 && value === '') return null;
  if (names.length > 50)
    return (
      <input
        type="search"
        class="names"
        aria-label={label}
        placeholder={word}
        value={value}
        onChange={({ currentTarget }) => setQuery(name, currentTarget.value)}
      />
    );
  return (
    <select aria-label={label} value={value} onChange={({ currentTarget }) => setQuery(name, currentTarget.value)}>
      <option value="">{word}</option>
      {(names.includes(value) || value === '' ? names : [value, ...names]).map((one) => (
        <option key={one} value={one}>
          {one}
        </option>
      ))}
    </select>
  );
}

function Nothing({ state, acknowledged }: { readonly state: AlertFilter['state']; readonly acknowledged: number }) {
  const { groupId } = useGroup();
  if (state === 'closed')
    return (
      <div class="card empty big">
        <Icon name="alerts" />
        <h2>No alert has closed yet</h2>
        <p>Every alert that is over stays here for 90 days, with how long it lasted and who was told.</p>
      </div>
    );
  if (state === 'acknowledged')
    return (
      <div class="card empty big">
        <Icon name="alerts" />
        <h2>Nobody has an alert in hand</h2>
        <p>
          An alert that somebody acknowledges stands here until it closes, or until the time that they gave is over.
        </p>
      </div>
    );
  return (
    <div class="card empty big">
      <Shape health="ok" />
      <h2>Nothing needs you</h2>
      <p>
        {acknowledged > 0 && `${counted(acknowledged, 'alert is', 'alerts are')} in somebody’s hands. `}
        Alerts stand here while their condition holds, and close by themselves. To be called at night, add a notifier.
      </p>
      <a class="button" href={groupPath(groupId, 'settings', 'notifiers')}>
        Notifiers
      </a>
    </div>
  );
}
