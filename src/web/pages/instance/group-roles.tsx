import { useState } from 'preact/hooks';
import type { GroupOverview, User } from '../../../wire/api/people.ts';
import { send } from '../../api.ts';
import { ErrorBox } from '../../components/error-box.tsx';
import { Select } from '../../components/field.tsx';
import { Form } from '../../components/form.tsx';
import { chosenRoles, RolesField } from '../../components/roles-field.tsx';

interface GroupRolesProps {
  readonly user: User;
  readonly groups: readonly GroupOverview[];
  readonly onChanged: () => void;
}

/** Gives somebody roles in a group where no owner can: the last one left, for example. */
export function GroupRoles({ user, groups, onChanged }: GroupRolesProps) {
  const [groupId, setGroupId] = useState(user.groups[0]?.id ?? groups[0]?.id ?? '');
  if (groups.length === 0) return null;
  const held = user.groups.find(({ id }) => id === groupId)?.roles ?? [];
  const save = async (values: Record<string, string>) => {
    const roles = chosenRoles(values);
    await send('PUT', `/users/${encodeURIComponent(user.id)}/groups/${encodeURIComponent(groupId)}`, { roles });
    onChanged();
  };
  return (
    <details class="rescue">
      <summary>Roles in a group</summary>
      <Form class="form" label="Roles in a group" save={save}>
        {({ busy, done, error }) => (
          <>
            <p class="help">Owners of a group do this themselves. Use it where no owner can.</p>
            <Select
              label="Group"
              name="groupId"
              value={groupId}
              options={groups.map(({ id, name }) => [id, name] as const)}
              onChange={setGroupId}
            />
            <RolesField key={groupId} roles={held} />
            {error !== null && <ErrorBox error={error} />}
            <div class="buttons">
              <button type="submit" disabled={busy}>
                {busy ? 'Saving' : 'Save the roles'}
              </button>
              <span class="sub" role="status">
                {done && 'Saved.'}
              </span>
            </div>
          </>
        )}
      </Form>
    </details>
  );
}
