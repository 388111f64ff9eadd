import { allRoles, roleWords } from '../../../components/role-words.ts';

/** What each role may do, for who gives them out and for who wonders what is missing. */
export function RoleTable() {
  return (
    <section class="card" aria-label="What the roles may do">
      <header>
        <h2>What the roles may do</h2>
        <span class="sub">a member has one or more of them</span>
      </header>
      <dl class="role-list">
        {allRoles.map((role) => (
          <div key={role}>
            <dt>{roleWords[role].name}</dt>
            <dd>{roleWords[role].may}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
