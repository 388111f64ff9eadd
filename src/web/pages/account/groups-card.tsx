import { rolesText, roleWords } from '../../components/role-words.ts';
import { Pill } from '../../components/status.tsx';
import { capital } from '../../format.ts';
import { groupPath } from '../../router.ts';
import { useSession } from '../../session.ts';

/** The groups of this person with what they may do there, and where tokens for scripts are made. */
export function GroupsCard() {
  const { groups } = useSession().session;
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
          <thead>
            <tr>
              <th scope="col">Group</th>
              <th scope="col">Roles</th>
              <th scope="col">You may</th>
            </tr>
          </thead>
          <tbody>
            {groups.map(({ id, name, roles, secondFactorMissing }) => (
              <tr key={id}>
                <td class="host wrap">
                  <a href={groupPath(id)}>{name}</a>
                </td>
                <td data-label="Roles">{capital(rolesText(roles))}</td>
                <td data-label="You may" class="wrap">
                  {secondFactorMissing ? (
                    <Pill health="warn" word="Nothing before you set up a second factor" />
                  ) : (
                    roles.map((role) => roleWords[role].may).join(' ')
                  )}
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
    </section>
  );
}
