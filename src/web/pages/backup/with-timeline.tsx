import type { ComponentChildren } from 'preact';
import type { BackupSet, BackupTimeline } from '../../../wire/api/backups.ts';
import { Loaded } from '../../components/loaded.tsx';
import { useGroup } from '../../session.ts';
import { setAddress, useTimeline } from './use-backups.ts';

interface WithTimelineProps {
  readonly set: BackupSet;
  /** Stands there while no moment of the set can be had. */
  readonly empty: string;
  /** `fresh` is false while the timeline is what an earlier page knew. */
  readonly children: (timeline: BackupTimeline, fresh: boolean) => ComponentChildren;
}

/** What needs a moment of a set: its timeline first, or the way back to the set while there is none. */
export function WithTimeline({ set, empty, children }: WithTimelineProps) {
  const { groupId } = useGroup();
  const timeline = useTimeline(groupId, set.replicaSetId);
  return (
    <Loaded from={timeline} height={420}>
      {(data) =>
        data.spans.length === 0 && data.snapshots.length === 0 ? (
          <div class="card empty big">
            <h2>{empty}</h2>
            <p>
              {set.state === 'off'
                ? 'This set is not backed up. The first moment is there when its initial sync is done.'
                : 'The first moment is there when the initial sync is done.'}
            </p>
            <a class="button" href={setAddress(groupId, set.replicaSetId)}>
              {set.state === 'off' ? 'Back it up' : 'Look at the set'}
            </a>
          </div>
        ) : (
          children(data, timeline.fresh)
        )
      }
    </Loaded>
  );
}
