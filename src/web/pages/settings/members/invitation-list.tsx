import type { Invitation } from '../../../../wire/api/people.ts';
import { send } from '../../../api.ts';
import { ListCard } from '../../../components/list-card.tsx';
import { rolesText } from '../../../components/role-words.ts';
import { RowButton } from '../../../components/row-button.tsx';
import { Pill } from '../../../components/status.tsx';
import { ago, capital, fullTime } from '../../../format.ts';
import { useResource } from '../../../resource.ts';
import { useGroup } from '../../../session.ts';
import { useZone } from '../../../zone.ts';

const columns = ['E-mail address', 'Roles', 'Invited by', 'Ends'];

/** Invitations that nobody has accepted yet. */
export function InvitationList() {
  const { groupId } = useGroup();
  const zone = useZone();
  const path = `/groups/${groupId}/invitations`;
  const invitations = useResource<Invitation[]>(path);
  return (
    <ListCard
      title="Pending invitations"
      note="nobody accepted them yet"
      from={invitations}
      order={(a, b) => b.createdAtMs - a.createdAtMs}
      height={80}
      empty="None. Whoever is invited stands here until the invitation is accepted or ends."
      columns={columns}
      removal={{
        title: 'Take the invitation back',
        text: 'Its link no longer works.',
        verb: 'Take it back',
        name: ({ email }) => email,
        act: ({ id }) => send('DELETE', `${path}/${encodeURIComponent(id)}`),
      }}
    >
      {(invitation, askRemoval) => (
        <tr>
          <td class="host wrap">
            <b>{invitation.email}</b>
          </td>
          <td data-label="Roles" class="wrap">
            {capital(rolesText(invitation.roles))}
          </td>
          <td data-label="Invited by" class="wrap" title={fullTime(invitation.createdAtMs, zone)}>
            {invitation.invitedBy}, {ago(invitation.createdAtMs)}
          </td>
          <td data-label="Ends" title={fullTime(invitation.expiresAtMs, zone)}>
            {invitation.expiresAtMs > Date.now() ? (
              ago(invitation.expiresAtMs)
            ) : (
              <Pill health="off" word={`Ended ${ago(invitation.expiresAtMs)}`} />
            )}
          </td>
          <td class="acts">
            <RowButton word="Take back" of={invitation.email} onClick={askRemoval} />
          </td>
        </tr>
      )}
    </ListCard>
  );
}
