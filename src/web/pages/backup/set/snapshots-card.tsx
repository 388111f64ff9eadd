import type { BackupOperation, BackupSet, Snapshot } from '../../../../wire/api/backups.ts';
import { send } from '../../../api.ts';
import { ErrorBox } from '../../../components/error-box.tsx';
import { ListCard } from '../../../components/list-card.tsx';
import { RowButton } from '../../../components/row-button.tsx';
import { Shape } from '../../../components/status.tsx';
import { ago, counted, duration, fullTime, shortTime, size, whole } from '../../../format.ts';
import { useResource } from '../../../resource.ts';
import { useGroup } from '../../../session.ts';
import { useClock, useZone } from '../../../zone.ts';
import { setPath } from '../use-backups.ts';
import { useOperation } from '../use-operation.ts';
import { restoreAddress } from '../wizard/restore-address.ts';

const columns = ['Moment', 'Taken', 'Kept as', 'Documents', 'New bytes', 'Took'];
const reasons = { schedule: 'by schedule', demand: 'by hand', initial: 'first' } as const;

interface SnapshotsCardProps {
  readonly set: BackupSet;
  readonly onChanged: () => void;
}

/** The moments that are kept longer than the window, what each cost, and one more on demand. */
export function SnapshotsCard({ set, onChanged }: SnapshotsCardProps) {
  const { groupId, may } = useGroup();
  const zone = useZone();
  const now = useClock(10_000);
  const path = setPath(groupId, set.replicaSetId);
  const snapshots = useResource<Snapshot[]>(`${path}/snapshots`, ['backups']);
  const changed = () => {
    snapshots.reload();
    onChanged();
  };
  const take = useOperation(groupId, `${path}/snapshots`, changed);
  const canTake = set.windowFromMs !== null && set.state !== 'stopped' && set.state !== 'terminating';
  return (
    <ListCard
      title="Snapshots"
      note={snapshots.data === undefined ? '' : noteOf(snapshots.data)}
      from={snapshots}
      order={(a, b) => b.atMs - a.atMs}
      empty="None yet. The first is made when the initial sync is done, the next ones by schedule."
      columns={columns}
      action={
        may('backup.write') && (
          <span class="end">
            {take.operation !== null && <TakeState operation={take.operation} now={now} />}
            <button type="button" disabled={!canTake || take.busy} onClick={take.run}>
              {take.busy ? 'Taking one' : 'Take one now'}
            </button>
          </span>
        )
      }
      below={take.error !== null && <ErrorBox error={take.error} />}
      removal={{
        title: 'Delete the snapshot',
        text: 'That moment can then no longer be restored, unless it lies in the window of any second. What no other snapshot shares is freed.',
        verb: 'Delete the snapshot',
        name: ({ atMs }) => shortTime(atMs, zone, 0),
        act: async ({ id }) => {
          await send('DELETE', `${path}/snapshots/${encodeURIComponent(id)}`);
          onChanged();
        },
      }}
    >
      {(one, askRemoval) => (
        <tr>
          <td class="host" title={`${fullTime(one.atMs, zone)}, optime ${one.optime.ts}`}>
            {may('data.read') ? (
              <a href={restoreAddress(groupId, set.replicaSetId, { snapshotId: one.id })}>
                {shortTime(one.atMs, zone, now)}
              </a>
            ) : (
              shortTime(one.atMs, zone, now)
            )}
          </td>
          <td data-label="Taken" title={fullTime(one.takenAtMs, zone)}>
            {ago(one.atMs, now)}, {reasons[one.reason]}
          </td>
          <td data-label="Kept as" title={one.expiresAtMs === null ? undefined : fullTime(one.expiresAtMs, zone)}>
            {keptWords(one, now)}
          </td>
          <td data-label="Documents" title={`${size(one.contentBytes)} in ${counted(one.collections, 'collection')}`}>
            {whole(one.documents)} <span class="sub">{size(one.contentBytes)}</span>
          </td>
          <td data-label="New bytes" title={`${size(one.readBytes)} read to make it`}>
            {size(one.newBytes)}
          </td>
          <td data-label="Took">{duration(one.tookMs)}</td>
          <td class="acts">
            {may('backup.write') && (
              <RowButton word="Delete" of={`the snapshot of ${shortTime(one.atMs, zone, now)}`} onClick={askRemoval} />
            )}
          </td>
        </tr>
      )}
    </ListCard>
  );
}

function noteOf(list: readonly Snapshot[]): string {
  if (list.length === 0) return 'moments that are kept longer than the window';
  const fresh = list.reduce((sum, { newBytes }) => sum + newBytes, 0);
  const full = list.reduce((sum, { contentBytes }) => sum + contentBytes, 0);
  return `${counted(list.length, 'snapshot')}, ${size(fresh)} of new bytes for ${size(full)}`;
}

function keptWords({ keptAs, expiresAtMs }: Snapshot, now: number): string {
  const kinds = keptAs.length === 0 ? 'by hand' : keptAs.join(', ');
  if (expiresAtMs === null) return `${kinds}, for good`;
  return expiresAtMs <= now ? `${kinds}, goes next` : `${kinds}, goes ${ago(expiresAtMs, now)}`;
}

function TakeState({ operation, now }: { readonly operation: BackupOperation; readonly now: number }) {
  if (operation.state === 'running') {
    return (
      <span class="pill" role="status">
        <Shape health="busy" />
        {`for ${duration(Math.max(1000, now - operation.startedAtMs))}`}
      </span>
    );
  }
  if (operation.state !== 'done' || operation.snapshot === null) return null;
  const { newBytes, tookMs } = operation.snapshot;
  return (
    <span class="pill" role="status">
      <Shape health="ok" />
      {`Taken: ${size(newBytes)} new, ${duration(tookMs)}`}
    </span>
  );
}
