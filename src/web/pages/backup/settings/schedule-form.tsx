import { useMemo, useState } from 'preact/hooks';
import type { BackupSchedule, BackupSet, Snapshot } from '../../../../wire/api/backups.ts';
import { send } from '../../../api.ts';
import { Field } from '../../../components/field.tsx';
import { counted, duration, size } from '../../../format.ts';
import { useResource } from '../../../resource.ts';
import { useGroup } from '../../../session.ts';
import { SettingsForm } from '../../settings/settings-form.tsx';
import { setPath } from '../use-backups.ts';
import { hoursWords, previewKept } from './retention-preview.ts';
import { previewSpace } from './space-preview.ts';

interface ScheduleFormProps {
  readonly set: BackupSet;
  readonly onChanged: () => void;
}

type Name = keyof BackupSchedule;

const fields: readonly (readonly [name: Name, label: string, min: number, max: number, help: string])[] = [
  ['snapshotEveryHours', 'Snapshot every, hours', 1, 24, ''],
  ['windowHours', 'Any second of the last, hours', 1, 24 * 60, 'The oplog is kept for that long.'],
  ['keepAllHours', 'Keep all snapshots for, hours', 1, 24 * 366, ''],
  ['keepDailyDays', 'One a day for, days', 0, 3660, '0 keeps none for being the first of a day.'],
  ['keepWeeklyWeeks', 'One a week for, weeks', 0, 520, ''],
  ['keepMonthlyMonths', 'One a month for, months', 0, 240, ''],
];

/** When snapshots are taken and how long they stay, with what that will keep as one types. */
export function ScheduleForm({ set, onChanged }: ScheduleFormProps) {
  const { groupId, may } = useGroup();
  const path = setPath(groupId, set.replicaSetId);
  const [draft, setDraft] = useState<BackupSchedule>(set.schedule);
  return (
    <div
      class="watched"
      onInput={(event) => {
        const target = event.target;
        if (!(target instanceof HTMLInputElement)) return;
        const field = fields.find(([name]) => name === target.name);
        const value = target.valueAsNumber;
        if (field === undefined || !Number.isInteger(value) || value < field[2] || value > field[3]) return;
        setDraft((before) => ({ ...before, [field[0]]: value }));
      }}
    >
      <SettingsForm
        title="Schedule and retention"
        disabled={!may('backup.write')}
        save={async (values) => {
          const schedule = Object.fromEntries(fields.map(([name]) => [name, Number(values[name])]));
          await send('PATCH', path, { schedule, drillEveryDays: Number(values['drillEveryDays']) });
          onChanged();
        }}
      >
        <div class="pair">
          {fields.map(([name, label, min, max, help]) => (
            <Field
              key={name}
              label={label}
              name={name}
              type="number"
              value={String(set.schedule[name])}
              min={min}
              max={max}
              step={1}
              required
              {...(help === '' ? {} : { help })}
            />
          ))}
          <Field
            label="Restore drill every, days"
            name="drillEveryDays"
            type="number"
            value={String(set.drillEveryDays)}
            min={0}
            max={366}
            step={1}
            required
            help="A snapshot is restored and compared. 0: only by hand."
          />
        </div>
        <KeptPreviewView set={set} schedule={draft} path={path} />
      </SettingsForm>
    </div>
  );
}

interface KeptPreviewViewProps {
  readonly set: BackupSet;
  readonly schedule: BackupSchedule;
  readonly path: string;
}

/** What will be kept once the schedule ran long enough, and about what it takes. */
function KeptPreviewView({ set, schedule, path }: KeptPreviewViewProps) {
  const snapshots = useResource<Snapshot[]>(`${path}/snapshots`, ['backups']).data;
  const preview = useMemo(() => previewKept(schedule, Date.now()), [schedule]);
  const space = snapshots === undefined ? undefined : previewSpace(set, schedule, snapshots, preview.agesMs);
  return (
    <div class="preview" role="status" aria-label="What will be kept">
      <h3>What will be kept</h3>
      <KeptLine agesMs={preview.agesMs} oldestMs={preview.oldestMs} windowMs={schedule.windowHours * 3_600_000} />
      <ul>
        <li>
          <b>Any second</b> of the last {hoursWords(schedule.windowHours)}
        </li>
        {preview.tiers
          .filter(({ more }) => more > 0)
          .map(({ kind, words, more }, at) => (
            <li key={kind}>
              <b>
                {at === 0 ? '' : '+ '}
                {counted(more, 'snapshot')}
              </b>
              : {words}
            </li>
          ))}
        <li>
          <b>{counted(preview.total, 'snapshot')}</b> in all, the oldest {duration(preview.oldestMs)} old
          {space !== undefined && space !== null && `; about ${size(space)} in the store, with the oplog`}
        </li>
        {space === null && <li class="sub">About what space it takes is known after the second snapshot.</li>}
      </ul>
    </div>
  );
}

/** Now at the right, the oldest snapshot at the left, on a logarithmic scale. */
function KeptLine({
  agesMs,
  oldestMs,
  windowMs,
}: {
  readonly agesMs: readonly number[];
  readonly oldestMs: number;
  readonly windowMs: number;
}) {
  const hour = 3_600_000;
  const far = Math.log1p(Math.max(oldestMs, windowMs) / hour);
  const place = (ms: number) => (100 * Math.log1p(Math.min(ms, oldestMs + windowMs) / hour)) / far;
  return (
    <div class="kept-line" aria-hidden="true">
      <span class="part solid" style={{ right: 0, width: `${Math.min(100, place(windowMs))}%` }} />
      {agesMs.map((ms) => (
        <span key={ms} class="snap" style={{ right: `${place(ms)}%` }} />
      ))}
      <span class="end-left">{duration(Math.max(oldestMs, windowMs))} ago</span>
      <span class="end-right">now</span>
    </div>
  );
}
