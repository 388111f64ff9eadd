import { useState } from 'preact/hooks';
import type { GroupOverview } from '../../../wire/api/people.ts';
import type { RoleMapping } from '../../../wire/api/sign-in.ts';
import { DialogForm } from '../../components/dialog-form.tsx';
import { Check, Field, Select } from '../../components/field.tsx';
import { chosenRoles, RolesField } from '../../components/roles-field.tsx';

interface MappingDialogProps {
  readonly groups: readonly GroupOverview[];
  readonly save: (rule: RoleMapping) => Promise<void>;
  readonly onClose: () => void;
}

/** One more line of the mapping. */
export function MappingDialog({ groups, save, onClose }: MappingDialogProps) {
  const [groupId, setGroupId] = useState(groups[0]?.id ?? '');
  const add = async (values: Record<string, string>) => {
    await save({
      provider: values['provider'] === 'ldap' ? 'ldap' : 'oidc',
      value: values['value']?.trim() ?? '',
      groupId: groupId === '' ? null : groupId,
      roles: groupId === '' ? null : [...chosenRoles(values)],
      administrator: values['administrator'] !== undefined,
    });
    onClose();
  };
  return (
    <DialogForm title="Roles by provider or directory" verb="Add" save={add} onClose={onClose}>
      <Select
        label="By"
        name="provider"
        value="oidc"
        options={[
          ['oidc', 'OIDC: a value of the roles claim'],
          ['ldap', 'LDAP: a group of the directory, its cn or DN'],
        ]}
      />
      <Field label="Value" name="value" placeholder="dba" required />
      <Select
        label="Group"
        name="groupId"
        value={groupId}
        options={[...groups.map(({ id, name }) => [id, name] as const), ['', 'none: only the server']]}
        onChange={setGroupId}
      />
      {groupId !== '' && <RolesField roles={['readOnly']} />}
      <Check
        name="administrator"
        label="Administrator of the server"
        checked={groupId === ''}
        help="Users, mail, sign-in and the other settings of the instance."
      />
    </DialogForm>
  );
}
