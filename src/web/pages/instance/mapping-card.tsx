import { useState } from 'preact/hooks';
import type { GroupOverview } from '../../../wire/api/people.ts';
import type { ChangeSignInSettings, RoleMapping } from '../../../wire/api/sign-in.ts';
import { useAction } from '../../components/action.ts';
import { ColumnHeads } from '../../components/column-heads.tsx';
import { ErrorBox } from '../../components/error-box.tsx';
import { Icon } from '../../components/icon.tsx';
import { rolesText } from '../../components/role-words.ts';
import { RowButton } from '../../components/row-button.tsx';
import { capital } from '../../format.ts';
import { useResource } from '../../resource.ts';
import { MappingDialog } from './mapping-dialog.tsx';

interface MappingCardProps {
  readonly mapping: readonly RoleMapping[];
  readonly change: (wanted: ChangeSignInSettings) => Promise<void>;
}

/** Which value of the roles claim, or which group of the directory, means which roles here. */
export function MappingCard({ mapping, change }: MappingCardProps) {
  const groups = useResource<GroupOverview[]>('/instance/groups').data ?? [];
  const [adding, setAdding] = useState(false);
  const remove = useAction((at: number) => change({ mapping: mapping.filter((_, other) => other !== at) }));
  return (
    <section class="card" aria-label="Roles by provider and directory">
      <header>
        <h2>Roles by provider and directory</h2>
        <span class="sub">given at each sign-in; groups that are named nowhere here are left alone</span>
        <span class="end">
          <button type="button" onClick={() => setAdding(true)}>
            <Icon name="plus" />
            Add
          </button>
        </span>
      </header>
      {mapping.length === 0 ? (
        <p class="empty">Nothing is mapped: people who sign in by a provider have the roles that owners give them.</p>
      ) : (
        <table class="listed">
          <caption class="sr">Roles by provider and directory</caption>
          <ColumnHeads columns={['Who has', 'By', 'Gets']} />
          <tbody>
            {mapping.map((rule, at) => (
              <tr key={`${rule.provider} ${rule.value} ${rule.groupId ?? ''}`}>
                <td class="host wrap">
                  <b>{rule.value}</b>
                </td>
                <td data-label="By">{rule.provider === 'oidc' ? 'OIDC' : 'LDAP'}</td>
                <td data-label="Gets" class="wrap">
                  {meaning(rule, groups)}
                </td>
                <td class="acts">
                  <RowButton word="Remove" of={rule.value} busy={remove.busy} onClick={() => remove.run(at)} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {remove.error !== null && <ErrorBox error={remove.error} />}
      {adding && (
        <MappingDialog
          groups={groups}
          save={(rule) => change({ mapping: [...mapping, rule] })}
          onClose={() => setAdding(false)}
        />
      )}
    </section>
  );
}

function meaning({ groupId, roles, administrator }: RoleMapping, groups: readonly GroupOverview[]): string {
  const name = groups.find(({ id }) => id === groupId)?.name ?? groupId;
  const inGroup = groupId === null ? [] : [`${rolesText(roles ?? [])} in ${name}`];
  return capital([...inGroup, ...(administrator ? ['administrator of the server'] : [])].join(', and '));
}
