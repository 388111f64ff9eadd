import { useState } from 'preact/hooks';
import type { BackupSet } from '../../../../wire/api/backups.ts';
import { send } from '../../../api.ts';
import { useAction } from '../../../components/action.ts';
import { ErrorBox } from '../../../components/error-box.tsx';
import { Loaded } from '../../../components/loaded.tsx';
import { Shape } from '../../../components/status.tsx';
import { WhyNot } from '../../../components/why-not.tsx';
import { fullTime } from '../../../format.ts';
import { useGroup } from '../../../session.ts';
import { useClock, useZone } from '../../../zone.ts';
import { StartDialog } from '../overview/start-dialog.tsx';
import { protectionOf } from '../protection.ts';
import { setAddress, setPath, useTimeline } from '../use-backups.ts';
import { DrillsCard } from './drills-card.tsx';
import { ScanCard } from './scan-card.tsx';
import { SetFigures } from './set-figures.tsx';
import { SnapshotsCard } from './snapshots-card.tsx';
import { TimelineCard } from './timeline-card.tsx';
import { WriteChart } from './write-chart.tsx';

interface SetPageProps {
  readonly set: BackupSet;
  readonly query: URLSearchParams;
  readonly onChanged: () => void;
}

/** One set: the sentence, what can be restored on a line of time, its snapshots, and who writes. */
export function SetPage({ set, query, onChanged }: SetPageProps) {
  const { groupId } = useGroup();
  const timeline = useTimeline(groupId, set.replicaSetId);
  if (set.state === 'off') return <SetVerdict set={set} onChanged={onChanged} />;
  const reload = () => {
    onChanged();
    timeline.reload();
  };
  return (
    <>
      <SetVerdict set={set} onChanged={reload} />
      <WhyNot permission="data.read" what="restore or read documents" />
      <WhyNot permission="backup.write" what="take snapshots or run drills" />
      {set.scan !== null && <ScanCard set={set} scan={set.scan} />}
      <Loaded from={timeline} height={180}>
        {(data) => <TimelineCard set={set} timeline={data} query={query} />}
      </Loaded>
      <SetFigures set={set} snapshots={timeline.data?.snapshots} />
      <SnapshotsCard set={set} onChanged={reload} />
      <DrillsCard set={set} onChanged={reload} />
      <WriteChart set={set} timeline={timeline.data} query={query} />
    </>
  );
}

/** The sentence of the set, with what a person can do about it. */
function SetVerdict({ set, onChanged }: { readonly set: BackupSet; readonly onChanged: () => void }) {
  const { groupId, may } = useGroup();
  const zone = useZone();
  const now = useClock(1000);
  const [starting, setStarting] = useState(false);
  const path = setPath(groupId, set.replicaSetId);
  const resync = useAction(async (kind: 'resync' | 'full') => {
    await send('POST', `${path}/resync`, { kind });
    onChanged();
  });
  const { health, title, detail } = protectionOf(set, zone, now);
  const canRestore = set.windowFromMs !== null || set.snapshots > 0;
  const tone = health === 'bad' || health === 'warn' ? health : '';
  const standsStill = set.state === 'off' || set.state === 'stopped' || set.state === 'terminating';
  return (
    <section class={`verdict ${tone}`} aria-label="Can I get my data back?">
      <Shape health={health} />
      <h2>{title}</h2>
      <p>
        {detail}
        {set.problem !== null && ` Since ${fullTime(set.problem.sinceMs, zone, now)}.`}
      </p>
      {resync.error !== null && <ErrorBox error={resync.error} />}
      <div class="actions">
        {set.state === 'resyncNeeded' && may('backup.write') && (
          <button type="button" class="primary" disabled={resync.busy} onClick={() => resync.run('resync')}>
            {resync.busy ? 'Asking' : 'Resync'}
          </button>
        )}
        {standsStill && may('backup.write') && (
          <button type="button" class="primary" onClick={() => setStarting(true)}>
            {set.state === 'off' ? 'Back up' : set.state === 'stopped' ? 'Start again' : 'Undo the deletion'}
          </button>
        )}
        {canRestore && may('data.read') && (
          <a
            class={set.state === 'resyncNeeded' || standsStill ? 'button' : 'button primary'}
            href={setAddress(groupId, set.replicaSetId, 'restore')}
          >
            Restore
          </a>
        )}
      </div>
      {starting && (
        <StartDialog
          set={set}
          onStarted={() => {
            setStarting(false);
            onChanged();
          }}
          onClose={() => setStarting(false)}
        />
      )}
    </section>
  );
}
