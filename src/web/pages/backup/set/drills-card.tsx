import type { BackupDrill, BackupSet } from '../../../../wire/api/backups.ts';
import { ErrorBox } from '../../../components/error-box.tsx';
import { ListCard } from '../../../components/list-card.tsx';
import { Pill, Shape } from '../../../components/status.tsx';
import { ago, duration, fullTime, shortTime, size, whole } from '../../../format.ts';
import { useResource } from '../../../resource.ts';
import { useGroup } from '../../../session.ts';
import { useClock, useZone } from '../../../zone.ts';
import { setPath } from '../use-backups.ts';
import { useOperation } from '../use-operation.ts';
import { DrillUnderWay } from './drill-under-way.tsx';

const columns = ['Ended', 'Outcome', 'Snapshot', 'Documents', 'Took', 'Restored to'];

/** Restores that were tried out: how they ended, and how long a real one would take. */
export function DrillsCard({ set, onChanged }: { readonly set: BackupSet; readonly onChanged: () => void }) {
  const { groupId, may } = useGroup();
  const zone = useZone();
  const now = useClock(1000);
  const path = `${setPath(groupId, set.replicaSetId)}/drills`;
  const drills = useResource<BackupDrill[]>(path, ['backups']);
  const run = useOperation(groupId, path, () => {
    drills.reload();
    onChanged();
  });
  const { operation } = run;
  const list = (
    <ListCard
      title="Restore drills"
      note={set.drillEveryDays === 0 ? 'none by itself' : `every ${set.drillEveryDays} days`}
      from={drills}
      order={(a, b) => b.atMs - a.atMs}
      height={80}
      empty="None yet. A drill restores the newest snapshot to the drillTarget of an agent's settings, or reads the store alone, and compares everything."
      columns={columns}
      action={
        may('backup.write') && (
          <span class="end">
            {run.busy && operation !== null && (
              <span class="pill" role="status">
                <Shape health="busy" />
                {`for ${duration(Math.max(1000, now - operation.startedAtMs))}`}
              </span>
            )}
            <button type="button" disabled={run.busy || set.snapshots === 0} onClick={run.run}>
              {run.busy ? 'Running' : 'Run one now'}
            </button>
          </span>
        )
      }
      below={run.error !== null && <ErrorBox error={run.error} />}
    >
      {(drill) => (
        <tr>
          <td class="host" title={fullTime(drill.atMs, zone)}>
            {ago(drill.atMs, now)}
          </td>
          <td class="wrap" data-label="Outcome">
            <Pill health={drill.ok ? 'ok' : 'bad'} word={drill.ok ? 'Equal' : 'Failed'} />{' '}
            <span class="sub">{drill.message}</span>
          </td>
          <td data-label="Snapshot" title={fullTime(drill.snapshotAtMs, zone)}>
            {shortTime(drill.snapshotAtMs, zone, now)}
          </td>
          <td data-label="Documents">
            {whole(drill.documents)} <span class="sub">{size(drill.bytes)}</span>
          </td>
          <td data-label="Took">{duration(drill.tookMs)}</td>
          <td class="wrap" data-label="Restored to">
            {drill.target ?? 'nowhere: the store was read'}
          </td>
          <td class="acts" />
        </tr>
      )}
    </ListCard>
  );
  return (
    <>
      {set.drillUnderWay !== null && <DrillUnderWay drill={set.drillUnderWay} />}
      {list}
    </>
  );
}
