import type { BackupSet } from '../../../../wire/api/backups.ts';
import { Shape, StatusPill } from '../../../components/status.tsx';
import { ago, counted, duration, fullTime, shortTime, size, zoneName } from '../../../format.ts';
import { useGroup } from '../../../session.ts';
import { useClock, useZone } from '../../../zone.ts';
import { Fact } from '../fact.tsx';
import { protectionOf } from '../protection.ts';
import { ScanBar } from '../scan-bar.tsx';
import { sharedWords } from '../shared-words.ts';
import { setAddress } from '../use-backups.ts';

/** A set that is or was backed up: the sentence, the figures, and the ways on. */
export function SetSummary({ set, onStart }: { readonly set: BackupSet; readonly onStart: () => void }) {
  const { groupId, may } = useGroup();
  const zone = useZone();
  const now = useClock(1000);
  const { title, detail } = protectionOf(set, zone, now);
  const canRestore = set.windowFromMs !== null || set.snapshots > 0;
  const halted = set.state === 'stopped' || set.state === 'terminating';
  return (
    <section class="card backup-set" aria-label={`Backup of ${set.name}`}>
      <header>
        <h2 class="clip" title={set.name}>
          <a href={setAddress(groupId, set.replicaSetId)}>{set.name}</a>
        </h2>
        {set.clusterRole !== null && (
          <span class="role">{set.clusterRole === 'shardsvr' ? 'shard' : 'config servers'}</span>
        )}
        <StatusPill status={set.status} boxed />
        <span class="end">
          {halted && may('backup.write') && (
            <button type="button" onClick={onStart}>
              {set.state === 'stopped' ? 'Start again' : 'Keep them: undo'}
            </button>
          )}
          {canRestore && <WaysBack setId={set.replicaSetId} />}
        </span>
      </header>
      <div class="body">
        <p class="promise">
          <Shape health={protectionOf(set, zone, now).health} />
          <span>
            <b>{title}</b>
            {detail !== '' && <span class="sub"> {detail}</span>}
          </span>
        </p>
        {set.scan !== null && <ScanBar scan={set.scan} />}
      </div>
      <dl class="facts-row">
        <Fact
          name="Restorable up to"
          value={
            set.protectedUntilMs === null
              ? 'not yet'
              : `${shortTime(set.protectedUntilMs, zone, now)} ${zoneName(now, zone)}`
          }
          note={lagWords(set)}
          title={set.protectedUntilMs === null ? undefined : fullTime(set.protectedUntilMs, zone)}
        />
        <Fact
          name="Last snapshot"
          value={set.lastSnapshotAtMs === null ? 'none yet' : ago(set.lastSnapshotAtMs, now)}
          note={set.nextSnapshotAtMs === null ? '' : `next ${ago(set.nextSnapshotAtMs, now)}`}
          title={set.lastSnapshotAtMs === null ? undefined : fullTime(set.lastSnapshotAtMs, zone)}
        />
        <Fact
          name="Any second of"
          value={
            set.windowFromMs === null || set.protectedUntilMs === null
              ? '–'
              : duration(Math.max(1000, set.protectedUntilMs - set.windowFromMs))
          }
          note={counted(set.snapshots, 'snapshot')}
        />
        <Fact
          name="Stored"
          value={size(set.storedBytes + set.slicesBytes)}
          note={
            set.contentBytes === 0
              ? ''
              : `of ${size(set.contentBytes)} a copy; ${sharedWords(set.contentBytes * Math.max(1, set.snapshots), set.storedBytes + set.slicesBytes)}`
          }
        />
        <Fact name="Last drill" value={drillWords(set, now)} note={drillNote(set)} />
      </dl>
    </section>
  );
}

function lagWords({ lagSeconds }: BackupSet): string {
  if (lagSeconds === null) return '';
  return lagSeconds < 10 ? 'up to date' : `${duration(lagSeconds * 1000)} behind`;
}

function drillWords({ drill }: BackupSet, now: number): string {
  if (drill === null) return 'none yet';
  return `${drill.ok ? 'passed' : 'failed'} ${ago(drill.atMs, now)}`;
}

function drillNote({ drill }: BackupSet): string {
  return drill === null ? '' : `took ${duration(drill.tookMs)}. ${drill.message}`;
}

/** To restores and to documents as they were, for those who may see them. */
function WaysBack({ setId }: { readonly setId: string }) {
  const { groupId, may } = useGroup();
  if (!may('data.read')) return null;
  return (
    <>
      <a href={setAddress(groupId, setId, 'restore')}>Restore</a>
      <a href={setAddress(groupId, setId, 'explore')}>Time travel</a>
    </>
  );
}
