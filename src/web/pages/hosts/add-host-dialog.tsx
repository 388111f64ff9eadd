import { useState } from 'preact/hooks';
import type { Host } from '../../../wire/api/deployment.ts';
import { send } from '../../api.ts';
import { useAction } from '../../components/action.ts';
import { Dialog } from '../../components/dialog.tsx';
import { ErrorBox } from '../../components/error-box.tsx';
import { Field, formValues } from '../../components/field.tsx';
import { groupPath } from '../../router.ts';
import { useGroup } from '../../session.ts';
import { DoctorSteps } from './doctor-steps.tsx';
import { HostFields, hostChanges } from './host-fields.tsx';

/** One host name, and then the agent's check of it, step by step. */
export function AddHostDialog({ onClose }: { readonly onClose: () => void }) {
  const { groupId } = useGroup();
  const [host, setHost] = useState<Host | null>(null);
  const add = useAction(async (form: HTMLFormElement) => {
    setHost(await send<Host>('POST', `/groups/${groupId}/hosts`, hostChanges(formValues(form))));
  });
  if (host !== null) return <Added host={host} onClose={onClose} onAgain={() => setHost(null)} />;
  return (
    <Dialog title="Add host" onClose={onClose}>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          add.run(event.currentTarget);
        }}
      >
        <Field
          label="Host"
          name="host"
          placeholder="db1.example.net:27017"
          required
          autofocus
          invalid={add.error?.field === 'host'}
          help="One member of a replica set, a mongos, or a single mongod. The others are found by themselves."
        />
        <HostFields />
        {add.error !== null && <ErrorBox error={add.error} />}
        <div class="buttons">
          <button type="submit" class="primary" disabled={add.busy}>
            {add.busy ? 'Adding' : 'Add and check'}
          </button>
          <button type="button" onClick={onClose}>
            Cancel
          </button>
        </div>
      </form>
    </Dialog>
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
