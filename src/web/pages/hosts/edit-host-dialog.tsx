import { useState } from 'preact/hooks';
import type { Host } from '../../../wire/api/deployment.ts';
import { send } from '../../api.ts';
import { DialogForm } from '../../components/dialog-form.tsx';
import { useGroup } from '../../session.ts';
import { HostFields, hostChanges } from './host-fields.tsx';
import { TagField } from './tag-field.tsx';

interface EditHostProps {
  readonly host: Host;
  readonly onClose: () => void;
  readonly onSaved: () => void;
}

export function EditHostDialog({ host, onClose, onSaved }: EditHostProps) {
  const { groupId } = useGroup();
  const [tags, setTags] = useState<readonly string[]>(host.tags);
  const save = async (values: Record<string, string>) => {
    const changes = hostChanges(values, host);
    const body = tags.join() === host.tags.join() ? changes : { ...changes, tags };
    await send('PATCH', `/groups/${groupId}/hosts/${encodeURIComponent(host.id)}`, body);
    onSaved();
    onClose();
  };
  return (
    <DialogForm title={`Edit ${host.host}`} verb="Save" save={save} onClose={onClose}>
      <HostFields host={host} />
      <TagField tags={tags} onChange={setTags} />
    </DialogForm>
  );
}
