import type { Host } from '../../../wire/api/deployment.ts';
import { send } from '../../api.ts';
import { DialogForm } from '../../components/dialog-form.tsx';
import { useGroup } from '../../session.ts';
import { HostFields, hostChanges } from './host-fields.tsx';

interface EditHostProps {
  readonly host: Host;
  readonly onClose: () => void;
  readonly onSaved: () => void;
}

export function EditHostDialog({ host, onClose, onSaved }: EditHostProps) {
  const { groupId } = useGroup();
  const save = async (values: Record<string, string>) => {
    await send('PATCH', `/groups/${groupId}/hosts/${encodeURIComponent(host.id)}`, hostChanges(values, host));
    onSaved();
    onClose();
  };
  return (
    <DialogForm title={`Edit ${host.host}`} verb="Save" save={save} onClose={onClose}>
      <HostFields host={host} />
    </DialogForm>
  );
}
