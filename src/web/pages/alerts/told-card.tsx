import type { Alert } from '../../../wire/api/alerts.ts';
import type { AlertNotification } from '../../../wire/api/notifiers.ts';
import { Loaded } from '../../components/loaded.tsx';
import { Pill } from '../../components/status.tsx';
import { fullTime, shortTime } from '../../format.ts';
import { useResource } from '../../resource.ts';
import { groupPath } from '../../router.ts';
import { useGroup } from '../../session.ts';
import { useZone } from '../../zone.ts';

const kindWords: Readonly<Record<string, string>> = {
  'alert.opened': 'that it opened',
  'alert.repeated': 'that it is still open',
  'alert.escalated': 'that nobody has it in hand',
  'alert.acknowledged': 'that somebody has it in hand',
  'alert.unacknowledged': 'that it is open again',
  'alert.closed': 'that it closed',
};
const outcomes = {
  waiting: ['busy', 'On its way'],
  delivered: ['ok', 'Delivered'],
  givenUp: ['bad', 'Given up'],
} as const;

/** What was told to whom, and when; the newest first. */
export function ToldCard({ alert }: { readonly alert: Alert }) {
  const { groupId } = useGroup();
  const zone = useZone();
  const path = `/groups/${groupId}/alerts/${encodeURIComponent(alert.id)}/notifications`;
  const told = useResource<AlertNotification[]>(path, ['alerts']);
  return (
    <section class="card" aria-label="Who was told">
      <header>
        <h2>Who was told</h2>
      </header>
      <Loaded from={told} height={80}>
        {(list) =>
          list.length === 0 ? (
            <p class="empty">
              Nobody was told of it.{' '}
              <a href={groupPath(groupId, 'settings', 'alerts', alert.ruleId)}>Who is told, and when</a> stands in its
              rule.
            </p>
          ) : (
            <table class="listed">
              <caption class="sr">Messages about this alert, newest first</caption>
              <thead>
                <tr>
                  <th scope="col">When</th>
                  <th scope="col">Who</th>
                  <th scope="col">What</th>
                  <th scope="col">Outcome</th>
                </tr>
              </thead>
              <tbody>
                {list.map(({ id, createdAtMs, notifierName, kind, state, detail, attempts, endedAtMs }) => (
                  <tr key={id}>
                    <td data-label="When" title={fullTime(createdAtMs, zone)}>
                      {shortTime(createdAtMs, zone)}
                    </td>
                    <td data-label="Who">
                      <b>{notifierName}</b>
                    </td>
                    <td data-label="What">{kindWords[kind] ?? kind}</td>
                    <td data-label="Outcome" class="wrap">
                      <Pill
                        health={outcomes[state][0]}
                        word={state === 'delivered' ? deliveredWords(endedAtMs, createdAtMs, zone) : outcomes[state][1]}
                        title={`${attempts} tried; ${detail}`}
                      />
                      {state !== 'delivered' && detail !== '' && <span class="under">{detail}</span>}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          )
        }
      </Loaded>
    </section>
  );
}

/** Late ones say when. */
function deliveredWords(endedAtMs: number | null, createdAtMs: number, zone: 'utc' | 'local'): string {
  const late = endedAtMs !== null && endedAtMs - createdAtMs > 60_000;
  return late ? `Delivered ${shortTime(endedAtMs, zone)}` : 'Delivered';
}
