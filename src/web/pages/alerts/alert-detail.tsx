import { useState } from 'preact/hooks';
import type { Alert, AlertRule } from '../../../wire/api/alerts.ts';
import { send } from '../../api.ts';
import { writeRange } from '../../chart/time-range.ts';
import { useAction } from '../../components/action.ts';
import { TagChips } from '../../components/chip-picker.tsx';
import { ErrorBox } from '../../components/error-box.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { Missing } from '../../components/missing.tsx';
import { Pill, Shape } from '../../components/status.tsx';
import { duration, fullTime } from '../../format.ts';
import { useResource } from '../../resource.ts';
import { groupPath } from '../../router.ts';
import { useGroup } from '../../session.ts';
import { useClock, useZone } from '../../zone.ts';
import { AcknowledgeDialog } from './acknowledge-dialog.tsx';
import { AlertChart } from './alert-chart.tsx';
import { chartOf, spanOf } from './alert-metric.ts';
import { type Place, usePlaces } from './alert-places.ts';
import { ToldCard } from './told-card.tsx';

/** One alert: what it says, the metric around its opening, who has it and who was told. */
export function AlertDetail({ alertId }: { readonly alertId: string }) {
  const { groupId } = useGroup();
  const path = `/groups/${groupId}/alerts/${encodeURIComponent(alertId)}`;
  const alert = useResource<Alert>(path, ['alerts']);
  const rules = useResource<AlertRule[]>(`/groups/${groupId}/alert-rules`).data;
  const places = usePlaces();
  if (alert.data === undefined && alert.error?.status === 404) {
    return (
      <Missing
        title="This alert is not kept"
        why="Closed alerts are removed after a time, or the address is not complete."
        to={groupPath(groupId, 'alerts')}
        word="Open the alerts"
      />
    );
  }
  return (
    <Loaded from={alert} height={420}>
      {(one) => {
        const rule = rules?.find(({ id }) => id === one.ruleId);
        const chart = chartOf(one, rule?.condition);
        return (
          <>
            <Head alert={one} onChanged={alert.reload} />
            {chart !== null && <AlertChart alert={one} chart={chart} />}
            <Facts alert={one} place={places(one)} rule={rule} />
            <ToldCard alert={one} />
          </>
        );
      }}
    </Loaded>
  );
}

interface HeadProps {
  readonly alert: Alert;
  readonly onChanged: () => void;
}

function Head({ alert, onChanged }: HeadProps) {
  const { groupId, may } = useGroup();
  const [asked, setAsked] = useState(false);
  const reopen = useAction(async () => {
    await send('POST', `/groups/${groupId}/alerts/${encodeURIComponent(alert.id)}/unacknowledge`);
    onChanged();
  });
  const { state, severity, title, detail, subject } = alert;
  const over = state === 'closed';
  const shape = over ? 'ok' : severity;
  return (
    <section class={`verdict ${state === 'open' ? severity : ''}`} aria-label="The alert">
      <Shape health={shape} />
      <h1>{title}</h1>
      {detail !== '' && <p>{detail}</p>}
      <p class="small">
        <StateWords alert={alert} />
      </p>
      {reopen.error !== null && <ErrorBox error={reopen.error} />}
      <div class="actions">
        {state === 'open' && may('monitoring.write') && (
          <button type="button" class="primary" onClick={() => setAsked(true)}>
            Acknowledge
          </button>
        )}
        {state === 'acknowledged' && may('monitoring.write') && (
          <>
            <button type="button" onClick={() => setAsked(true)}>
              Change
            </button>
            <button type="button" disabled={reopen.busy} onClick={() => reopen.run()}>
              Open again
            </button>
          </>
        )}
        {subject.kind === 'host' && (
          <a class="button" href={hostThen(groupId, alert)}>
            The host at that time
          </a>
        )}
        {subject.kind === 'agent' && (
          <a class="button" href={groupPath(groupId, 'agents')}>
            Open agents
          </a>
        )}
        {subject.kind === 'set' && (
          <a class="button" href={`${groupPath(groupId)}?filter=${encodeURIComponent(subject.label)}`}>
            The replica set
          </a>
        )}
      </div>
      {asked && <AcknowledgeDialog alerts={[alert]} onClose={() => setAsked(false)} onDone={onChanged} />}
    </section>
  );
}

/** The charts of the host over the span of the alert, with some time around it. */
function hostThen(groupId: string, alert: Alert): string {
  const { fromMs, toMs } = spanOf(alert, Date.now());
  const query = new URLSearchParams();
  writeRange(query, { kind: 'fixed', fromMs: Math.floor(fromMs), toMs: Math.ceil(toMs) });
  return `${groupPath(groupId, 'hosts', alert.subject.id)}?${query}`;
}

function StateWords({ alert }: { readonly alert: Alert }) {
  const zone = useZone();
  const { state, acknowledgedBy, acknowledgedUntilMs, note, maintenance } = alert;
  return (
    <>
      {state === 'acknowledged' && (
        <>
          <Pill health="off" word={`Acknowledged by ${acknowledgedBy ?? 'somebody'}`} />
          {acknowledgedUntilMs !== null ? `until ${fullTime(acknowledgedUntilMs, zone)}` : 'until it closes'}
          {note !== null && `: ${note}`}
        </>
      )}
      {state === 'open' && maintenance === null && 'Nobody has it in hand yet.'}
      {state === 'closed' && 'It is over.'}
      {maintenance !== null && state !== 'closed' && (
        <>
          {' '}
          <Pill health="off" word={`Silenced by the maintenance “${maintenance.name}”`} />
          until {fullTime(maintenance.untilMs, zone)}
        </>
      )}
      {maintenance !== null && state === 'closed' && ` Nobody was told: the maintenance “${maintenance.name}” was on.`}
    </>
  );
}

interface FactsProps {
  readonly alert: Alert;
  readonly place: Place;
  readonly rule: AlertRule | undefined;
}

function Facts({ alert, place, rule }: FactsProps) {
  const { groupId } = useGroup();
  const zone = useZone();
  const now = useClock(10_000);
  const { severity, openedAtMs, closedAtMs, acknowledgedAtMs, ruleName, subject } = alert;
  const facts: (readonly [string, preact.ComponentChildren])[] = [
    ['Severity', severity === 'bad' ? 'Severe' : 'Warning'],
    ['About', subject.label],
    ['Opened', fullTime(openedAtMs, zone)],
    [closedAtMs === null ? 'Open for' : 'Lasted', duration(Math.max(1000, (closedAtMs ?? now) - openedAtMs))],
    ...(closedAtMs === null ? [] : [['Closed', fullTime(closedAtMs, zone)] as const]),
    ...(acknowledgedAtMs === null ? [] : [['Acknowledged', fullTime(acknowledgedAtMs, zone)] as const]),
    [
      'Rule',
      rule === undefined ? ruleName : <a href={groupPath(groupId, 'settings', 'alerts', rule.id)}>{ruleName}</a>,
    ],
    ...(place.tags.length === 0 ? [] : [['Tags', <TagChips key="tags" tags={place.tags} />] as const]),
  ];
  return (
    <dl class="card facts-row alert-facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
