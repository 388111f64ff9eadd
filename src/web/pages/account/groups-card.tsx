import { useState } from 'preact/hooks';
import type { SessionAnswer } from '../../../wire/api/access.ts';
import { send } from '../../api.ts';
import { ColumnHeads } from '../../components/column-heads.tsx';
import { ConfirmDialog } from '../../components/confirm-dialog.tsx';
import { rolesText, roleWords } from '../../components/role-words.ts';
import { RowButton } from '../../components/row-button.tsx';
import { Pill } from '../../components/status.tsx';
import { capital } from '../../format.ts';
import { groupPath } from '../../router.ts';
import { useSession } from '../../session.ts';

type SessionGroup = SessionAnswer['groups'][number];

/** The groups of this person with what they may do there, and where tokens for scripts are made. */
export function GroupsCard() {
  const { session, refresh } = useSession();
  const { groups } = session;
  const [leaving, setLeaving] = useState<SessionGroup | null>(null);
  const owned = groups.find(({ permissions }) => permissions.includes('group.own'));
  return (
    <section class="card" aria-label="Groups">
      <header>
        <h2>Groups</h2>
        <span class="sub">where you are a member</span>
      </header>
      {groups.length === 0 ? (
        <p class="empty">You are a member of no group. An owner of one invites you.</p>
      ) : (
        <table class="listed">
          <caption class="sr">Groups</caption>
          <ColumnHeads columns={['Group', 'Roles', 'You may']} />
          <tbody>
            {groups.map((group) => (
              <tr key={group.id}>
                <td class="host wrap">
                  <a href={groupPath(group.id)}>{group.name}</a>
                </td>
                <td data-label="Roles">{capital(rolesText(group.roles))}</td>
                <td data-label="You may" class="wrap">
                  {group.secondFactorMissing ? (
                    <Pill health="warn" word="Nothing before you set up a second factor" />
                  ) : (
                    group.roles.map((role) => roleWords[role].may).join(' ')
                  )}
                </td>
                <td class="acts">
                  <RowButton word="Leave" of={group.name} onClick={() => setLeaving(group)} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <footer>
        <p>
          For scripts, never use your password: an API token has its own roles, end and addresses.{' '}
          {owned === undefined ? (
            'An owner of a group makes one.'
          ) : (
            <a href={groupPath(owned.id, 'settings', 'tokens')}>Tokens of {owned.name}</a>
          )}
        </p>
      </footer>
      {leaving !== null && (
        <ConfirmDialog
          title="Leave the group"
          text="What you may do there ends at once, and the API tokens that you made there stop. Only an owner of the group lets you in again. Its last owner cannot leave."
          name={leaving.name}
          verb="Leave the group"
          act={async () => {
            await send('POST', `/groups/${encodeURIComponent(leaving.id)}/leave`);
            refresh();
          }}
          onClose={() => setLeaving(null)}
        />
      )}
    </section>
  );
}
