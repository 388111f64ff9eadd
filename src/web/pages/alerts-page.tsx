import type { Alert } from '../../wire/api/alerts.ts';
import { send } from '../api.ts';
import { useAction } from '../components/action.ts';
import { ErrorBox } from '../components/error-box.tsx';
import { Icon } from '../components/icon.tsx';
import { Loaded } from '../components/loaded.tsx';
import { Pill, Shape } from '../components/status.tsx';
import { capital, counted, duration, fullTime, shortTime, zoneName } from '../format.ts';
import { useResource } from '../resource.ts';
import { groupPath, setQuery } from '../router.ts';
import { useGroup } from '../session.ts';
import { useClock, useZone } from '../zone.ts';

/** What needs a person now, and what did. */
export function AlertsPage({ query }: { readonly query: URLSearchParams }) {
  const { groupId, may } = useGroup();
  const closed = query.get('state') === 'closed';
  const path = `/groups/${groupId}/alerts?state=${closed ? 'closed' : 'active'}`;
  const alerts = useResource<Alert[]>(path, ['alerts']);
  return (
    <>
      <div class="page-head">
        <h1>Alerts</h1>
        <span class="seg" role="group" aria-label="Which alerts">
          <button type="button" aria-pressed={!closed} onClick={() => setQuery('state', null)}>
            Open
          </button>
          <button type="button" aria-pressed={closed} onClick={() => setQuery('state', 'closed')}>
            History
          </button>
        </span>
        {may('monitoring.write') && (
          <div class="actions">
            <a class="button" href={groupPath(groupId, 'settings', 'alerts')}>
              Rules and notifiers
            </a>
          </div>
        )}
      </div>
      <Loaded from={alerts} height={220}>
        {(list) => {
          if (list.length === 0) return closed ? <NoHistory /> : <AllQuiet />;
          return (
            <div class="alert-list">
              {sorted(list).map((alert) => (
                <AlertCard key={alert.id} alert={alert} onChanged={alerts.reload} />
              ))}
            </div>
          );
        }}
      </Loaded>
      {closed && alerts.data?.length === 200 && (
        <p class="sub">
          The newest 200. Older ones are in the <a href={groupPath(groupId, 'events')}>event log</a>.
        </p>
      )}
    </>
  );
}

function AlertCard({ alert, onChanged }: { readonly alert: Alert; readonly onChanged: () => void }) {
  const { groupId, may } = useGroup();
  const zone = useZone();
  const now = useClock(1000);
  const acknowledge = useAction(async () => {
    await send('POST', `/groups/${groupId}/alerts/${encodeURIComponent(alert.id)}/acknowledge`);
    onChanged();
  });
  const over = alert.closedAtMs !== null;
  const { kind, id } = alert.subject;
  return (
    <article class={`verdict ${alert.state === 'open' ? alert.severity : ''}`}>
      <Shape health={over ? 'ok' : alert.severity} />
      <h2>{alert.title}</h2>
      {alert.detail !== '' && <p>{alert.detail}</p>}
      <p class="small">
        {alert.state === 'acknowledged' && (
          <Pill
            health="off"
            word={`Acknowledged by ${alert.acknowledgedBy ?? 'someone'}`}
            title={alert.acknowledgedAtMs === null ? undefined : fullTime(alert.acknowledgedAtMs, zone)}
          />
        )}{' '}
        <span title={fullTime(alert.openedAtMs, zone)}>
          {over
            ? `From ${shortTime(alert.openedAtMs, zone)} to ${shortTime(alert.closedAtMs ?? now, zone)} ${zoneName(now, zone)}`
            : `Since ${shortTime(alert.openedAtMs, zone)} ${zoneName(now, zone)}`}{' '}
          ({duration(Math.max(1000, (alert.closedAtMs ?? now) - alert.openedAtMs))})
        </span>
        {' · '}
        {capital(alert.ruleName)}
      </p>
      {acknowledge.error !== null && <ErrorBox error={acknowledge.error} />}
      <div class="actions">
        {kind === 'host' && (
          <a class={alert.state === 'open' ? 'button primary' : 'button'} href={groupPath(groupId, 'hosts', id)}>
            Open the host
          </a>
        )}
        {kind === 'agent' && (
          <a class="button" href={groupPath(groupId, 'agents')}>
            Open agents
          </a>
        )}
        {alert.state === 'open' && may('monitoring.write') && (
          <button type="button" disabled={acknowledge.busy} onClick={() => acknowledge.run()}>
            Acknowledge
          </button>
        )}
      </div>
    </article>
  );
}

/** Open before acknowledged, bad before warnings, newest first. */
function sorted(alerts: readonly Alert[]): Alert[] {
  const rank = ({ state, severity }: Alert) =>
    (state === 'open' ? 0 : state === 'acknowledged' ? 2 : 4) + (severity === 'bad' ? 0 : 1);
  return alerts.toSorted(
    (a, b) =>
      (a.state === 'closed' ? 0 : rank(a) - rank(b)) || (b.closedAtMs ?? b.openedAtMs) - (a.closedAtMs ?? a.openedAtMs),
  );
}

function AllQuiet() {
  const { groupId } = useGroup();
  return (
    <div class="card empty big">
      <Shape health="ok" />
      <h2>Nothing needs you</h2>
      <p>
        Alerts stand here while their condition holds, and close by themselves. To be called at night, add a notifier.
      </p>
      <a class="button" href={groupPath(groupId, 'settings', 'alerts')}>
        Rules and notifiers
      </a>
    </div>
  );
}

function NoHistory() {
  return (
    <div class="card empty big">
      <Icon name="alerts" />
      <h2>No alert has closed yet</h2>
      <p>Every alert that is over stays here, with how long it lasted: {counted(0, 'alert')} so far.</p>
    </div>
  );
}
