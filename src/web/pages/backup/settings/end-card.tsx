import { useState } from 'preact/hooks';
import type { BackupSet } from '../../../../wire/api/backups.ts';
import { send } from '../../../api.ts';
import { useAction } from '../../../components/action.ts';
import { ConfirmDialog } from '../../../components/confirm-dialog.tsx';
import { DialogForm } from '../../../components/dialog-form.tsx';
import { ErrorBox } from '../../../components/error-box.tsx';
import { counted, duration, fullTime, size } from '../../../format.ts';
import { useGroup } from '../../../session.ts';
import { useClock, useZone } from '../../../zone.ts';
import { setPath } from '../use-backups.ts';

interface EndCardProps {
  readonly set: BackupSet;
  readonly onChanged: () => void;
}

/** Stop keeps what there is; terminate deletes it after three days in which it can be undone. A full sync begins anew. */
export function EndCard({ set, onChanged }: EndCardProps) {
  const { groupId, may } = useGroup();
  const [open, setOpen] = useState<'stop' | 'terminate' | 'full' | null>(null);
  const path = setPath(groupId, set.replicaSetId);
  const act = async (what: string, body?: unknown) => {
    await send('POST', `${path}/${what}`, body);
    onChanged();
  };
  const stopped = set.state === 'stopped';
  if (set.state === 'terminating') return <Undo set={set} undo={() => act('start', {})} />;
  return (
    <section class="card" aria-label="Stop or terminate">
      <header>
        <h2>Stop or terminate</h2>
      </header>
      <div class="body ends">
        {!stopped && (
          <p>
            <b>Read all anew.</b> A second initial sync, when you do not trust what is there. All stays restorable
            meanwhile.
          </p>
        )}
        {!stopped && (
          <button type="button" disabled={!may('backup.write')} onClick={() => setOpen('full')}>
            Full sync
          </button>
        )}
        {!stopped && (
          <p>
            <b>Stop.</b> Nothing new is captured; {counted(set.snapshots, 'snapshot stays', 'snapshots stay')} and can
            be restored.
          </p>
        )}
        {!stopped && (
          <button type="button" disabled={!may('backup.write')} onClick={() => setOpen('stop')}>
            Stop
          </button>
        )}
        <p>
          <b>Terminate.</b> Stops, and deletes {size(set.storedBytes + set.slicesBytes)} of backups after 72 hours.
          Until then it can be undone here. {!may('backup.write') && 'Owners and backup admins of the group can do it.'}
        </p>
        <button type="button" class="danger" disabled={!may('backup.write')} onClick={() => setOpen('terminate')}>
          Terminate
        </button>
      </div>
      {open === 'terminate' && (
        <ConfirmDialog
          title="Terminate the backup"
          text="In 72 hours all snapshots and the oplog of this set are deleted for good. Until then it can be undone; nothing new is captured from now on."
          name={set.name}
          verb="Delete all backups in 72 hours"
          act={() => act('terminate', { confirm: set.name })}
          onClose={() => setOpen(null)}
        />
      )}
      {(open === 'stop' || open === 'full') && (
        <DialogForm
          title={open === 'stop' ? `Stop the backup of ${set.name}` : `Read all of ${set.name} anew`}
          verb={open === 'stop' ? 'Stop' : 'Begin the full sync'}
          save={async () => {
            await (open === 'stop' ? act('stop') : act('resync', { kind: 'full' }));
            setOpen(null);
          }}
          onClose={() => setOpen(null)}
        >
          <p>
            {open === 'stop'
              ? 'From now on nothing new can be restored. Started again while the oplog still holds the place, capture goes on without a gap; later a resync is needed.'
              : 'Every document is read from the source again. A resync, which sends only what differs, is quicker where the place in the oplog was lost.'}
          </p>
        </DialogForm>
      )}
    </section>
  );
}

function Undo({ set, undo }: { readonly set: BackupSet; readonly undo: () => Promise<unknown> }) {
  const { may } = useGroup();
  const zone = useZone();
  const now = useClock(1000);
  const action = useAction(undo);
  const at = set.deletedAtMs;
  return (
    <section class="card" aria-label="Deletion">
      <header>
        <h2>All its backups are going to be deleted</h2>
      </header>
      <div class="body form">
        <p>
          {at === null ? 'Soon.' : `In ${duration(Math.max(1000, at - now))}, at ${fullTime(at, zone, now)}.`} Undoing
          it keeps everything and starts capture again.
        </p>
        {action.error !== null && <ErrorBox error={action.error} />}
        <div class="buttons">
          <button
            type="button"
            class="primary"
            disabled={action.busy || !may('backup.write')}
            onClick={() => action.run()}
          >
            Undo the deletion
          </button>
        </div>
      </div>
    </section>
  );
}
