import { useId } from 'preact/hooks';
import type { Moment } from '../../../wire/api/backup-reading.ts';
import type { BackupTimeline, Snapshot } from '../../../wire/api/backups.ts';
import { type Zone } from '../../chart/time-axis.ts';
import { Shape } from '../../components/status.tsx';
import { ago, counted, fullTime, shortTime, size, zoneName } from '../../format.ts';
import { useZone } from '../../zone.ts';
import { foundWords } from './set/timeline-bar.tsx';
import { whatIsAt } from './set/timeline-scale.ts';
import { inputTime, typedTime } from './typed-time.ts';

interface MomentPickerProps {
  readonly timeline: BackupTimeline;
  readonly moment: Moment;
  readonly nowMs: number;
  readonly onChange: (moment: Moment) => void;
}

/** A second of the window, or a snapshot. */
export function MomentPicker({ timeline, moment, nowMs, onChange }: MomentPickerProps) {
  const zone = useZone();
  const bySnapshot = moment.snapshotId !== undefined;
  const newest = timeline.snapshots.toSorted((a, b) => b.atMs - a.atMs);
  const latest = latestSecond(timeline);
  const [first] = newest;
  return (
    <div class="form moment">
      <span class="seg" role="group" aria-label="Kind of moment">
        <button
          type="button"
          aria-pressed={!bySnapshot}
          onClick={() => bySnapshot && onChange({ atMs: latest ?? nowMs })}
        >
          A second
        </button>
        <button
          type="button"
          aria-pressed={bySnapshot}
          disabled={first === undefined}
          onClick={() => first !== undefined && onChange({ snapshotId: first.id })}
        >
          A snapshot
        </button>
      </span>
      {bySnapshot ? (
        <SnapshotChoice snapshots={newest} id={moment.snapshotId ?? ''} onChange={onChange} />
      ) : (
        <SecondChoice timeline={timeline} atMs={moment.atMs ?? nowMs} zone={zone} nowMs={nowMs} onChange={onChange} />
      )}
    </div>
  );
}

interface SecondChoiceProps {
  readonly timeline: BackupTimeline;
  readonly atMs: number;
  readonly zone: Zone;
  readonly nowMs: number;
  readonly onChange: (moment: Moment) => void;
}

const steps = [
  [-60, '−1 min'],
  [-1, '−1 s'],
  [1, '+1 s'],
  [60, '+1 min'],
] as const;

function SecondChoice({ timeline, atMs, zone, nowMs, onChange }: SecondChoiceProps) {
  const id = useId();
  const found = whatIsAt(timeline, atMs, 0);
  const latest = latestSecond(timeline);
  const good = found.kind === 'second';
  return (
    <>
      <div class="field">
        <label for={id}>Time ({zoneName(atMs, zone)})</label>
        <input
          id={id}
          // Another moment or zone makes another field: what is typed in it is the browser's.
          key={`${atMs} ${zone}`}
          type="datetime-local"
          step={1}
          defaultValue={inputTime(atMs, zone)}
          aria-invalid={!good}
          aria-describedby={`${id}-words`}
          onChange={(event) => {
            const typed = typedTime(event.currentTarget.value, zone);
            if (typed !== null) onChange({ atMs: typed });
          }}
        />
      </div>
      <div class="buttons">
        {steps.map(([seconds, word]) => (
          <button key={word} type="button" class="quiet" onClick={() => onChange({ atMs: atMs + seconds * 1000 })}>
            {word}
          </button>
        ))}
        {latest !== null && (
          <button type="button" class="quiet" onClick={() => onChange({ atMs: latest })}>
            Latest
          </button>
        )}
      </div>
      <p class="promise" id={`${id}-words`} role="status">
        <Shape health={good ? 'ok' : 'bad'} />
        <span>
          {good ? (
            <>
              <b>{fullTime(atMs, zone, nowMs)}</b>, with every write of that second. {ago(atMs, nowMs)}.
            </>
          ) : (
            <>
              <b>{fullTime(atMs, zone, nowMs)}</b> {foundWords(found)}.
            </>
          )}
        </span>
      </p>
    </>
  );
}

interface SnapshotChoiceProps {
  readonly snapshots: readonly Snapshot[];
  readonly id: string;
  readonly onChange: (moment: Moment) => void;
}

function SnapshotChoice({ snapshots, id, onChange }: SnapshotChoiceProps) {
  const zone = useZone();
  const field = useId();
  const chosen = snapshots.find((one) => one.id === id);
  return (
    <>
      <div class="field">
        <label for={field}>Snapshot ({zoneName(Date.now(), zone)})</label>
        <select id={field} onChange={(event) => onChange({ snapshotId: event.currentTarget.value })}>
          {chosen === undefined && (
            <option value={id} selected>
              {id}: not there any more
            </option>
          )}
          {snapshots.map((one) => (
            <option key={one.id} value={one.id} selected={one.id === id}>
              {`${shortTime(one.atMs, zone)}, ${one.keptAs.join(', ') || 'by hand'}`}
            </option>
          ))}
        </select>
      </div>
      {chosen !== undefined && (
        <p class="help">
          {`${fullTime(chosen.atMs, zone)}: ${size(chosen.contentBytes)} in ${counted(chosen.collections, 'collection')}.`}
        </p>
      )}
    </>
  );
}

/** The newest second of which nothing is still to come. */
export function latestSecond({ spans }: BackupTimeline): number | null {
  const until = Math.max(...spans.map(({ untilMs }) => untilMs));
  const from = Math.max(...spans.map(({ fromMs }) => fromMs));
  return Number.isFinite(until)
    ? Math.max(Math.floor(until / 1000) * 1000 - 1000, Math.ceil(from / 1000) * 1000)
    : null;
}

/** The chosen moment, or the newest one that there is. */
export function momentOr(chosen: Moment | null, timeline: BackupTimeline, nowMs: number): Moment {
  if (chosen !== null) return chosen;
  const latest = latestSecond(timeline);
  if (latest !== null) return { atMs: latest };
  const newest = timeline.snapshots.toSorted((a, b) => b.atMs - a.atMs)[0];
  return newest === undefined ? { atMs: nowMs } : { snapshotId: newest.id };
}

/** Whether the moment is one that can be restored. */
export function isRestorable(moment: Moment, timeline: BackupTimeline): boolean {
  if (moment.snapshotId !== undefined) return timeline.snapshots.some(({ id }) => id === moment.snapshotId);
  return whatIsAt(timeline, moment.atMs ?? 0, 0).kind === 'second';
}
