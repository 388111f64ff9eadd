import type { BackupPlan, BackupSet } from '../../../../wire/api/backups.ts';
import { send } from '../../../api.ts';
import { useAction } from '../../../components/action.ts';
import { Dialog } from '../../../components/dialog.tsx';
import { ErrorBox } from '../../../components/error-box.tsx';
import { Loaded } from '../../../components/loaded.tsx';
import { Shape } from '../../../components/status.tsx';
import { capital, counted, duration, size, whole } from '../../../format.ts';
import { useResource } from '../../../resource.ts';
import { useGroup } from '../../../session.ts';
import { Fact } from '../fact.tsx';
import { setAddress, setPath } from '../use-backups.ts';

interface StartDialogProps {
  readonly set: BackupSet;
  readonly onStarted: () => void;
  readonly onClose: () => void;
}

/** What a start would take, and then the start: nothing is done before the second click. */
export function StartDialog({ set, onStarted, onClose }: StartDialogProps) {
  const { groupId } = useGroup();
  const path = setPath(groupId, set.replicaSetId);
  const plan = useResource<BackupPlan>(`${path}/plan`);
  const start = useAction(async () => {
    await send('POST', `${path}/start`, {});
    onStarted();
  });
  const again = set.state !== 'off';
  return (
    <Dialog title={`Back up ${set.name}`} onClose={onClose} wide>
      <p>
        {again
          ? 'Capture goes on where it stopped if the oplog still holds that place; else what differs is sent anew. What was kept stays.'
          : 'Every document is read once, from a secondary. From then on the oplog is followed, and any second can be brought back. Nothing is written to MongoDB.'}
      </p>
      <Loaded from={plan} height={150}>
        {(answer) => <PlanView plan={answer} />}
      </Loaded>
      {start.error !== null && <ErrorBox error={start.error} />}
      <div class="buttons">
        <button type="button" class="primary" disabled={start.busy} onClick={() => start.run()}>
          {start.busy ? 'Starting' : again ? 'Start again' : 'Start the backup'}
        </button>
        <button type="button" onClick={onClose}>
          Cancel
        </button>
        {again && (
          <a class="button quiet" href={setAddress(groupId, set.replicaSetId, 'settings')}>
            Schedule and limits
          </a>
        )}
      </div>
    </Dialog>
  );
}

function PlanView({ plan }: { readonly plan: BackupPlan }) {
  const { expectedSeconds, oplogWindowSeconds, storeFreeBytes } = plan;
  const known = plan.bytes > 0 || plan.documents > 0;
  return (
    <div class="stack tight">
      <dl class="facts-row plain">
        <Fact
          name="To read"
          value={known ? size(plan.bytes) : 'not known yet'}
          note={known ? `${whole(plan.documents)} documents, ${counted(plan.collections, 'collection')}` : ''}
        />
        <Fact
          name="Takes about"
          value={expectedSeconds === null ? 'not known yet' : duration(expectedSeconds * 1000)}
          note={oplogWindowSeconds === null ? '' : `the oplog holds ${duration(oplogWindowSeconds * 1000)}`}
        />
        <Fact
          name="To store"
          value={known ? `about ${size(plan.expectedStoredBytes)}` : 'not known yet'}
          note={storeFreeBytes === null ? '' : `${size(storeFreeBytes)} are free`}
        />
      </dl>
      {plan.warnings.length === 0 ? (
        <p class="promise">
          <Shape health="ok" />
          <span>Nothing stands in the way.</span>
        </p>
      ) : (
        <ul class="warnings" aria-label="Before you start">
          {plan.warnings.map(({ message, hint }) => (
            <li key={message} class="notice">
              <Shape health="warn" />
              <p>
                <b>{capital(message)}.</b> {hint}
              </p>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
