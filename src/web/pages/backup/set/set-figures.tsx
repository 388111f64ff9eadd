import type { BackupSet, Snapshot } from '../../../../wire/api/backups.ts';
import { ago, counted, duration, fullTime, size } from '../../../format.ts';
import { useClock, useZone } from '../../../zone.ts';
import { sharedWords } from '../shared-words.ts';

interface SetFiguresProps {
  readonly set: BackupSet;
  readonly snapshots: readonly Snapshot[] | undefined;
}

/** Lag, space, what sharing saved, and the last drill. */
export function SetFigures({ set, snapshots }: SetFiguresProps) {
  const zone = useZone();
  const now = useClock(1000);
  const stored = set.storedBytes + set.slicesBytes;
  const known = (snapshots ?? []).reduce((sum, { contentBytes }) => sum + contentBytes, 0);
  const copies = known || set.contentBytes * set.snapshots;
  const { lagSeconds, oplogHoldsSeconds, spoolBytes, drill } = set;
  return (
    <dl class="figures" aria-label={`Figures of ${set.name}`}>
      <div>
        <dt>Behind the source</dt>
        <dd>{lagSeconds === null ? '–' : duration(lagSeconds * 1000)}</dd>
        <dd class="note">
          {oplogHoldsSeconds === null
            ? 'the oplog was not looked at yet'
            : oplogHoldsSeconds <= 0
              ? 'the oplog no longer holds the place'
              : `the oplog would hold the place for ${duration(oplogHoldsSeconds * 1000)}`}
        </dd>
      </div>
      <div>
        <dt>Waiting at the agent</dt>
        <dd>{size(spoolBytes)}</dd>
        <dd class="note clip" title={set.agentId ?? undefined}>
          {set.agentId === null ? 'no agent has this set' : 'on the disk of the backup agent'}
        </dd>
      </div>
      <div>
        <dt>Stored</dt>
        <dd>{size(stored)}</dd>
        <dd class="note">{`${size(set.slicesBytes)} of it oplog`}</dd>
      </div>
      <div>
        <dt>As full copies</dt>
        <dd>{size(copies)}</dd>
        <dd class="note">
          {counted(snapshots?.length ?? set.snapshots, 'snapshot')}; {sharedWords(copies, stored)}
        </dd>
      </div>
      <div>
        <dt>Last drill</dt>
        <dd title={drill === null ? undefined : fullTime(drill.atMs, zone)}>
          {drill === null ? '–' : `${drill.ok ? 'passed' : 'failed'} ${ago(drill.atMs, now)}`}
        </dd>
        <dd class="note">{drill === null ? 'no drill ran yet' : `${drill.message} Took ${duration(drill.tookMs)}.`}</dd>
      </div>
    </dl>
  );
}
