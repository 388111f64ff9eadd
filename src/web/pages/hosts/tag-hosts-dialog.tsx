import { useMemo, useState } from 'preact/hooks';
import type { Host } from '../../../wire/api/deployment.ts';
import { send } from '../../api.ts';
import { ChipPicker } from '../../components/chip-picker.tsx';
import { DialogForm } from '../../components/dialog-form.tsx';
import { counted } from '../../format.ts';
import { useGroup } from '../../session.ts';
import { tagNames } from '../settings/target-choices.ts';
import { TagField } from './tag-field.tsx';

interface TagHostsProps {
  readonly hosts: readonly Host[];
  readonly onClose: () => void;
  readonly onSaved: () => void;
}

/** As many as the server takes at once. */
const atOnce = 1000;

/** Puts tags on many hosts and takes others off; what else they have stays. */
export function TagHostsDialog({ hosts, onClose, onSaved }: TagHostsProps) {
  const { groupId } = useGroup();
  const [add, setAdd] = useState<readonly string[]>([]);
  const [remove, setRemove] = useState<readonly string[]>([]);
  const theirs = useMemo(() => tagNames(hosts), [hosts]);
  const save = async () => {
    for (let at = 0; at < hosts.length; at += atOnce) {
      const hostIds = hosts.slice(at, at + atOnce).map(({ id }) => id);
      await send('POST', `/groups/${groupId}/hosts/tags`, { hostIds, add, remove });
    }
    onSaved();
    onClose();
  };
  return (
    <DialogForm
      title={`Tag ${counted(hosts.length, 'host')}`}
      verb="Save"
      busyVerb="Saving"
      ready={add.length + remove.length > 0}
      save={save}
      onClose={onClose}
    >
      <TagField label="Put on" tags={add} onChange={setAdd} />
      {theirs.length > 0 && (
        <ChipPicker label="Take off" chosen={remove} options={theirs} placeholder="none" onChange={setRemove} />
      )}
    </DialogForm>
  );
}
