import { useState } from 'preact/hooks';
import type { NewApiTokenAnswer } from '../../../../wire/api/access.ts';
import { send } from '../../../api.ts';
import { DialogForm } from '../../../components/dialog-form.tsx';
import { Field, Select, TextArea } from '../../../components/field.tsx';
import { chosenRoles, RolesField } from '../../../components/roles-field.tsx';

const dayMs = 86_400_000;
const ends = [
  ['30', 'in 30 days'],
  ['90', 'in 90 days'],
  ['365', 'in a year'],
  ['on', 'on a day'],
  ['never', 'never: revoke it yourself'],
] as const;

interface NewTokenProps {
  readonly path: string;
  readonly onMade: (secret: string) => void;
  readonly onClose: () => void;
}

/** Makes a token: what it is for, what it may do, until when and from where. */
export function NewTokenDialog({ path, onMade, onClose }: NewTokenProps) {
  const [end, setEnd] = useState('90');
  const make = async (values: Record<string, string>) => {
    const body = {
      name: values['name']?.trim() ?? '',
      roles: chosenRoles(values),
      expiresAtMs: endOf(values),
      addresses: (values['addresses'] ?? '').split(/[\s,]+/).filter(Boolean),
    };
    onMade((await send<NewApiTokenAnswer>('POST', path, body)).secret);
  };
  return (
    <DialogForm title="Make an API token" verb="Make" busyVerb="Making" save={make} onClose={onClose}>
      <Field label="Name" name="name" placeholder="what it is for" required autofocus />
      <RolesField roles={['readOnly']} />
      <div class="pair">
        <Select label="Ends" name="end" value="90" options={ends} onChange={setEnd} />
        {end === 'on' && <Field label="Day" name="day" type="date" required />}
      </div>
      <TextArea
        label="Only from"
        name="addresses"
        rows={2}
        help="Addresses and networks, one a line: 192.0.2.7, 2001:db8::/32. Empty: from anywhere."
      />
    </DialogForm>
  );
}

/** The end of the day that was chosen, in the reader's own zone; null: never. */
function endOf({ end = 'never', day = '' }: Record<string, string>): number | null {
  if (end === 'never') return null;
  return end === 'on' ? new Date(`${day}T23:59:59`).getTime() : Date.now() + Number(end) * dayMs;
}
