import { useState } from 'preact/hooks';
import type { QuietHours } from '../../../../wire/api/notifiers.ts';
import { Field } from '../../../components/field.tsx';
import { ZoneField } from '../zone-field.tsx';

/** Hours in which only severe alerts are told. */
export function QuietFields({ quiet }: { readonly quiet: QuietHours | null }) {
  const [on, setOn] = useState(quiet !== null);
  return (
    <div class="form">
      <label class="check">
        <input type="checkbox" name="quiet" checked={on} onChange={(event) => setOn(event.currentTarget.checked)} />
        <span>
          Quiet hours
          <span class="help">Severe alerts are told at once; all others in one message when the hours end.</span>
        </span>
      </label>
      {on && (
        <div class="triple">
          <Field label="From" name="quietStart" type="time" value={quiet?.start ?? '22:00'} required />
          <Field label="To" name="quietEnd" type="time" value={quiet?.end ?? '07:00'} required />
          <ZoneField name="quietZone" value={quiet?.timeZone ?? null} />
        </div>
      )}
    </div>
  );
}
