import { useMemo } from 'preact/hooks';
import type { Member } from '../../../../wire/api/people.ts';
import { fitsWords } from '../../../components/fits-words.ts';
import { PersonCell } from '../../../components/person-cell.tsx';
import { rolesText } from '../../../components/role-words.ts';
import { RowButton } from '../../../components/row-button.tsx';
import { RowsTable } from '../../../components/rows-table.tsx';
import { Pill } from '../../../components/status.tsx';
import { ago, capital, fullTime } from '../../../format.ts';
import { useGroup } from '../../../session.ts';
import { useZone } from '../../../zone.ts';

/** What is open over the table, and of whom. */
export interface OpenMember {
  readonly what: 'roles' | 'remove';
  readonly member: Member;
}

const columns = ['Person', 'Roles', 'State', 'Last seen'];

interface MemberTableProps {
  readonly members: readonly Member[];
  readonly filter: string;
  readonly onOpen: (open: OpenMember) => void;
}

/** The members, by name; only the rows near the screen are drawn. */
export function MemberTable({ members, filter, onOpen }: MemberTableProps) {
  const rows = useMemo(() => matching(members, filter), [members, filter]);
  if (rows.length === 0) return <p class="card empty">No member matches “{filter}”.</p>;
  return (
    <section class="card" aria-label="Members">
      <RowsTable caption="Members" columns={columns} rows={rows} narrowHeight={164}>
        {(member, at) => <MemberRow key={member.userId} member={member} at={at} onOpen={onOpen} />}
      </RowsTable>
    </section>
  );
}

interface MemberRowProps {
  readonly member: Member;
  readonly at: number;
  readonly onOpen: (open: OpenMember) => void;
}

function MemberRow({ member, at, onOpen }: MemberRowProps) {
  const { session } = useGroup();
  const zone = useZone();
  const { email, name, roles, lastSeenAtMs, lastOwner } = member;
  const own = member.userId === session.user.id;
  return (
    <tr class={member.disabled ? 'gone' : undefined} aria-rowindex={at + 2}>
      <PersonCell name={name} email={email} own={own} />
      <td data-label="Roles" title={rolesText(roles)}>
        {capital(rolesText(roles))}
      </td>
      <td data-label="State">{stateOf(member)}</td>
      <td data-label="Last seen" title={lastSeenAtMs === null ? undefined : fullTime(lastSeenAtMs, zone)}>
        {lastSeenAtMs === null ? 'never' : ago(lastSeenAtMs)}
      </td>
      <td class="acts">
        <RowButton word="Roles" of={email} onClick={() => onOpen({ what: 'roles', member })} />
        {!lastOwner && (
          <RowButton word={own ? 'Leave' : 'Remove'} of={email} onClick={() => onOpen({ what: 'remove', member })} />
        )}
      </td>
    </tr>
  );
}

function stateOf({ disabled, secondFactor }: Member) {
  if (disabled)
    return <Pill health="off" word="Disabled" title="An administrator of the server lets nobody in by it" />;
  return secondFactor ? <Pill health="ok" word="Second factor" /> : <Pill health="off" word="Password only" />;
}

function matching(members: readonly Member[], filter: string): Member[] {
  const fits = fitsWords(filter);
  const nameOf = ({ name, email }: Member) => (name === '' ? email : name);
  return members
    .filter(({ name, email, roles }) => fits(`${name} ${email} ${rolesText(roles)}`))
    .sort((a, b) => nameOf(a).localeCompare(nameOf(b)));
}
