import { useState } from 'preact/hooks';
import type { Host } from '../../../wire/api/deployment.ts';
import { send } from '../../api.ts';
import { Dialog } from '../../components/dialog.tsx';
import { DialogForm } from '../../components/dialog-form.tsx';
import { Field } from '../../components/field.tsx';
import { groupPath } from '../../router.ts';
import { useGroup } from '../../session.ts';
import { DoctorSteps } from './doctor-steps.tsx';
import { HostFields, hostChanges } from './host-fields.tsx';
import { TagField } from './tag-field.tsx';

/** One host name, and then the agent's check of it, step by step. */
export function AddHostDialog({ onClose }: { readonly onClose: () => void }) {
  const { groupId } = useGroup();
  const [host, setHost] = useState<Host | null>(null);
  const [tags, setTags] = useState<readonly string[]>([]);
  const add = async (values: Record<string, string>) => {
    const body = tags.length === 0 ? hostChanges(values) : { ...hostChanges(values), tags };
    setHost(await send<Host>('POST', `/groups/${groupId}/hosts`, body));
  };
  if (host !== null) return <Added host={host} onClose={onClose} onAgain={() => setHost(null)} />;
  return (
    <DialogForm title="Add host" verb="Add and check" busyVerb="Adding" save={add} onClose={onClose}>
      <Field
        label="Host"
        name="host"
        placeholder="db1.example.net:27017"
        required
        autofocus
        help="One member of a replica set, a mongos, or a single mongod. The others are found by themselves."
      />
      <HostFields />
      <TagField tags={tags} onChange={setTags} />
    </DialogForm>
  );
}

function Added({
  host,
  onClose,
  onAgain,
}: {
  readonly host: Host;
  readonly onClose: () => void;
  readonly onAgain: () => void;
}) {
  const { groupId } = useGroup();
  return (
    <Dialog title={host.host} onClose={onClose} wide>
      <p class="sub">It is watched from now on. The agent checks the way to it:</p>
      <DoctorSteps hostId={host.id} />
      <div class="buttons">
        <a class="button primary" href={groupPath(groupId, 'hosts', host.id)} onClick={onClose}>
          Open the host
        </a>
        <button type="button" onClick={onClose}>
          Done
        </button>
        <button type="button" class="quiet" onClick={onAgain}>
          Add another
        </button>
      </div>
    </Dialog>
  );
}
