import type { BackupSet } from '../../../../wire/api/backups.ts';
import { Shape } from '../../../components/status.tsx';
import { duration, shortTime, size, whole } from '../../../format.ts';
import { useClock, useZone } from '../../../zone.ts';
import { shareOf } from '../scan-bar.tsx';

type UnderWay = NonNullable<BackupSet['drillUnderWay']>;

const phases = {
  search: 'Looking for documents',
  data: 'Writing',
  indexes: 'Building indexes',
  proof: 'Reading back',
  end: 'Ending',
} as const;

/** A drill as it runs: where to, how far, how fast, and which collections are being written. */
export function DrillUnderWay({ drill }: { readonly drill: UnderWay }) {
  const zone = useZone();
  const now = useClock(1000);
  const { target, snapshotAtMs, startedAtMs, progress } = drill;
  const left = progress?.secondsLeft ?? null;
  return (
    <section class="card" aria-label="Restore drill under way">
      <header>
        <h2>Restore drill under way</h2>
        <span class="sub">
          {`snapshot of ${shortTime(snapshotAtMs, zone, now)}, since ${duration(Math.max(1000, now - startedAtMs))}`}
        </span>
        {left !== null && <span class="end">{`${duration(Math.max(1000, left * 1000))} left`}</span>}
      </header>
      <div class="body">
        {progress === null ? (
          <p class="promise" role="status">
            <Shape health="busy" />
            <span>
              {target === null ? 'The store alone is read: no agent has a drillTarget.' : `It begins at ${target}.`}
            </span>
          </p>
        ) : (
          <Progress progress={progress} target={target} />
        )}
      </div>
    </section>
  );
}

interface ProgressProps {
  readonly progress: NonNullable<UnderWay['progress']>;
  readonly target: string | null;
}

function Progress({ progress, target }: ProgressProps) {
  const { phase, bytes, allBytes, documents, bytesPerSecond, doing } = progress;
  const share = shareOf(bytes, allBytes);
  return (
    <>
      <div
        class="bar"
        role="progressbar"
        aria-label={phases[phase]}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.floor(share * 100)}
        aria-valuetext={`${Math.floor(share * 100)}%, ${size(bytes)} of ${size(allBytes)}`}
      >
        <i style={`--v: ${share}`} />
      </div>
      <p class="scan-line">
        <span>
          {phases[phase]}: <b>{size(bytes)}</b> of {size(Math.max(allBytes, bytes))}
        </span>
        {documents > 0 && (
          <span>
            <b>{whole(documents)}</b> documents
          </span>
        )}
        <span>{bytesPerSecond > 0 ? `${size(bytesPerSecond)}/s` : 'rate not known yet'}</span>
        {target !== null && <span>into {target}</span>}
      </p>
      {doing.length > 0 && <p class="scan-doing sub">{doing.join(', ')}</p>}
    </>
  );
}
