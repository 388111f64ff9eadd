import type { PersonSession } from '../../../wire/api/people.ts';
import { send } from '../../api.ts';
import { useAction } from '../../components/action.ts';
import { ErrorBox } from '../../components/error-box.tsx';
import { ListCard } from '../../components/list-card.tsx';
import { RowButton } from '../../components/row-button.tsx';
import { Pill } from '../../components/status.tsx';
import { ago, fullTime } from '../../format.ts';
import { useResource } from '../../resource.ts';
import { useZone } from '../../zone.ts';

const columns = ['Browser', 'Address', 'Last seen', 'Signed in', 'Ends'];

/** Every browser that is signed in as this person; each can be signed out from here. */
export function SessionsCard() {
  const zone = useZone();
  const sessions = useResource<PersonSession[]>('/account/sessions');
  const revoke = useAction(async (id: string | null) => {
    await send('DELETE', id === null ? '/account/sessions' : `/account/sessions/${encodeURIComponent(id)}`);
    sessions.reload();
  });
  const isElsewhere = sessions.data?.some(({ current }) => !current) === true;
  return (
    <ListCard
      title="Sessions"
      note="browsers that are signed in as you"
      from={sessions}
      order={(a, b) => Number(b.current) - Number(a.current) || b.lastSeenAtMs - a.lastSeenAtMs}
      height={120}
      empty="None."
      columns={columns}
      action={
        isElsewhere && (
          <span class="end">
            <button type="button" disabled={revoke.busy} onClick={() => revoke.run(null)}>
              Sign out all others
            </button>
          </span>
        )
      }
      below={revoke.error !== null && <ErrorBox error={revoke.error} />}
    >
      {(session) => (
        <tr>
          <td class="host">
            <b>{session.browser}</b>
          </td>
          <td data-label="Address">{session.address}</td>
          <td data-label="Last seen" title={fullTime(session.lastSeenAtMs, zone)}>
            {session.current ? <Pill health="ok" word="This one" /> : ago(session.lastSeenAtMs)}
          </td>
          <td data-label="Signed in" title={fullTime(session.createdAtMs, zone)}>
            {ago(session.createdAtMs)}
          </td>
          <td data-label="Ends" title={fullTime(session.expiresAtMs, zone)}>
            {ago(session.expiresAtMs)}
          </td>
          <td class="acts">
            {!session.current && (
              <RowButton
                word="Sign out"
                of={`${session.browser}, ${session.address}`}
                busy={revoke.busy}
                onClick={() => revoke.run(session.id)}
              />
            )}
          </td>
        </tr>
      )}
    </ListCard>
  );
}
