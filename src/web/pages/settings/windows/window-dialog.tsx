import { useMemo, useState } from 'preact/hooks';
import type { Host } from '../../../../wire/api/deployment.ts';
import type { MaintenanceWindow, Weekday, WindowTarget, WindowTimes } from '../../../../wire/api/notifiers.ts';
import { send } from '../../../api.ts';
import { ChipPicker } from '../../../components/chip-picker.tsx';
import { DialogForm } from '../../../components/dialog-form.tsx';
import { Field } from '../../../components/field.tsx';
import { zoneName } from '../../../format.ts';
import { useGroup } from '../../../session.ts';
import { useClock, useZone } from '../../../zone.ts';
import { inputTime, typedTime } from '../../backup/typed-time.ts';
import { setNames, tagNames } from '../target-choices.ts';
import { ownZone, ZoneField } from '../zone-field.tsx';
import { nowFor } from './now-for.ts';
import { occurrencesOf, weekdays } from './occurrences.ts';
import { spanOf } from './window-words.ts';

interface WindowDialogProps {
  /** Null: a new one. */
  readonly window: MaintenanceWindow | null;
  readonly hosts: readonly Host[];
  readonly target?: WindowTarget;
  readonly onClose: () => void;
  readonly onSaved: () => void;
}

const whole: WindowTarget = { hosts: [], sets: [], tags: [] };

/** When nobody is told, once or every week, and of what; with the next three times as one types. */
export function WindowDialog({ window, hosts, target: given = whole, onClose, onSaved }: WindowDialogProps) {
  const { groupId } = useGroup();
  const [name, setName] = useState(window?.name ?? '');
  const [times, setTimes] = useState<WindowTimes>(() => window?.times ?? nowFor(2));
  const [target, setTarget] = useState<WindowTarget>(window?.target ?? given);
  const path = `/groups/${groupId}/maintenance-windows`;
  const save = async () => {
    const body = { name: name.trim(), times, target };
    await (window === null
      ? send('POST', path, body)
      : send('PATCH', `${path}/${encodeURIComponent(window.id)}`, body));
    onSaved();
    onClose();
  };
  const sets = useMemo(() => setNames(hosts), [hosts]);
  const tags = useMemo(() => tagNames(hosts), [hosts]);
  const hostNames = useMemo(() => hosts.map(({ id, host }) => [id, host] as const), [hosts]);
  const ready = times.kind === 'weekly' ? times.days.length > 0 : times.toMs > times.fromMs;
  const title = window === null ? 'Plan maintenance' : `Edit ${window.name}`;
  return (
    <DialogForm title={title} verb="Save" busyVerb="Saving" ready={ready} save={save} onClose={onClose}>
      <div
        onInput={({ target: input }) =>
          input instanceof HTMLInputElement && input.name === 'name' && setName(input.value)
        }
      >
        <Field label="Name" name="name" value={name} placeholder="upgrade of checkout" required autofocus />
      </div>
      <TimesFields times={times} onChange={setTimes} />
      <Preview times={times} />
      <fieldset class="form">
        <legend>What is silenced</legend>
        <p class="sub">Nothing named: the whole group. Alerts still open and stand on the page, marked.</p>
        <ChipPicker
          label="Replica sets"
          chosen={target.sets}
          options={sets}
          onChange={(chosen) => setTarget({ ...target, sets: [...chosen] })}
        />
        <ChipPicker
          label="Hosts"
          chosen={target.hosts}
          options={hostNames}
          onChange={(chosen) => setTarget({ ...target, hosts: [...chosen] })}
        />
        <ChipPicker
          label="Tags"
          chosen={target.tags}
          options={tags}
          onChange={(chosen) => setTarget({ ...target, tags: [...chosen] })}
        />
      </fieldset>
    </DialogForm>
  );
}

interface TimesProps {
  readonly times: WindowTimes;
  readonly onChange: (times: WindowTimes) => void;
}

function TimesFields({ times, onChange }: TimesProps) {
  return (
    <>
      <span class="seg" role="group" aria-label="How often">
        <button
          type="button"
          aria-pressed={times.kind === 'once'}
          onClick={() => times.kind !== 'once' && onChange(nowFor(2))}
        >
          Once
        </button>
        <button
          type="button"
          aria-pressed={times.kind === 'weekly'}
          onClick={() => times.kind !== 'weekly' && onChange(nightly())}
        >
          Every week
        </button>
      </span>
      {times.kind === 'once' ? (
        <OnceFields times={times} onChange={onChange} />
      ) : (
        <WeeklyFields times={times} onChange={onChange} />
      )}
    </>
  );
}

type Once = Extract<WindowTimes, { kind: 'once' }>;
type Weekly = Extract<WindowTimes, { kind: 'weekly' }>;

function OnceFields({ times, onChange }: { readonly times: Once; readonly onChange: TimesProps['onChange'] }) {
  const zone = useZone();
  const change = (name: 'fromMs' | 'toMs', text: string) => {
    const ms = typedTime(text, zone);
    if (ms !== null) onChange({ ...times, [name]: ms });
  };
  const name = zoneName(times.fromMs, zone);
  return (
    <div class="pair" key={zone} onInput={({ target }) => isTime(target) && change(target.name, target.value)}>
      <Field label={`From, ${name}`} name="fromMs" type="datetime-local" value={minute(times.fromMs, zone)} required />
      <Field
        label={`To, ${name}`}
        name="toMs"
        type="datetime-local"
        value={minute(times.toMs, zone)}
        required
        help={times.toMs > times.fromMs ? undefined : 'It must end after it begins.'}
      />
    </div>
  );
}

function isTime(target: EventTarget | null): target is HTMLInputElement & { name: 'fromMs' | 'toMs' } {
  return target instanceof HTMLInputElement && (target.name === 'fromMs' || target.name === 'toMs');
}

function minute(ms: number, zone: 'utc' | 'local'): string {
  return inputTime(ms, zone).slice(0, 16);
}

function WeeklyFields({ times, onChange }: { readonly times: Weekly; readonly onChange: TimesProps['onChange'] }) {
  const toggle = (day: Weekday, on: boolean) =>
    onChange({
      ...times,
      days: weekdays.map(([name]) => name).filter((name) => (name === day ? on : times.days.includes(name))),
    });
  const change = ({ target }: { readonly target: EventTarget | null }) => {
    if (!(target instanceof HTMLInputElement)) return;
    const { name, value } = target;
    if (name === 'start' && value !== '') onChange({ ...times, start: value });
    if (name === 'hours' && target.validity.valid && value !== '')
      onChange({ ...times, durationMinutes: Math.round(target.valueAsNumber * 60) });
    if (name === 'timeZone') onChange({ ...times, timeZone: value });
  };
  return (
    <>
      <fieldset class="days">
        <legend>Days on which it starts</legend>
        {weekdays.map(([day, word]) => (
          <label key={day} class="day">
            <input
              type="checkbox"
              checked={times.days.includes(day)}
              onChange={(event) => toggle(day, event.currentTarget.checked)}
            />
            <span title={word}>{word.slice(0, 3)}</span>
          </label>
        ))}
      </fieldset>
      <div class="triple" onInput={change}>
        <Field label="Starts at" name="start" type="time" value={times.start} required />
        <Field
          label="Lasts, hours"
          name="hours"
          type="number"
          min={0.25}
          max={168}
          step={0.25}
          value={String(times.durationMinutes / 60)}
          required
        />
        <ZoneField name="timeZone" value={times.timeZone} />
      </div>
    </>
  );
}

/** The next three times, in the zone that the pages show. */
function Preview({ times }: { readonly times: WindowTimes }) {
  const zone = useZone();
  const now = useClock(30_000);
  const next = occurrencesOf(times, now, 3);
  if (next.length === 0) return <p class="next-times sub">It is over already: it would silence nothing.</p>;
  return (
    <div class="next-times" role="status">
      <span class="sub">{times.kind === 'once' ? 'It silences' : 'The next three times'}</span>
      <ol>
        {next.map((stretch) => (
          <li key={stretch.fromMs}>
            {spanOf(stretch, zone, now)}
            {stretch.fromMs <= now && <span class="sub"> (now)</span>}
          </li>
        ))}
      </ol>
    </div>
  );
}

function nightly(): Weekly {
  return { kind: 'weekly', days: ['sun'], start: '02:00', durationMinutes: 120, timeZone: ownZone() };
}
