import { useState } from 'preact/hooks';
import type { NewNotifierAnswer, Notifier } from '../../../../wire/api/notifiers.ts';
import { send } from '../../../api.ts';
import { DialogForm } from '../../../components/dialog-form.tsx';
import { Field, Select } from '../../../components/field.tsx';
import { useGroup } from '../../../session.ts';
import { SecretOnce } from '../secret-once.tsx';
import { notifierBody } from './notifier-body.ts';
import { digestChoices, type KindField, kindNames, type NotifierKind, notifierKinds } from './notifier-kinds.ts';
import { QuietFields } from './quiet-fields.tsx';

interface NotifierDialogProps {
  /** Null: a new one. */
  readonly notifier: Notifier | null;
  readonly onClose: () => void;
  readonly onSaved: () => void;
}

/** Whom to tell and how: only the fields that the chosen kind needs. */
export function NotifierDialog({ notifier, onClose, onSaved }: NotifierDialogProps) {
  const { groupId } = useGroup();
  const [kind, setKind] = useState<NotifierKind>(notifier?.kind ?? 'mail');
  const [secret, setSecret] = useState<string | null>(null);
  const { note, fields, digest } = notifierKinds[kind];
  const path = `/groups/${groupId}/notifiers`;
  const save = async (values: Record<string, string>) => {
    const body = notifierBody(kind, values, notifier);
    if (notifier !== null) await send('PATCH', `${path}/${encodeURIComponent(notifier.id)}`, body);
    else {
      const made = await send<NewNotifierAnswer>('POST', path, body);
      onSaved();
      if (made.secret !== null) return setSecret(made.secret);
    }
    onSaved();
    onClose();
  };
  if (secret !== null) {
    const how = 'Every body is signed with it: HMAC-SHA-256 in the header leafward-signature.';
    return <SecretOnce title="Signing secret" secret={secret} note={how} onClose={onClose} />;
  }
  const title = notifier === null ? 'Add a notifier' : `Edit ${notifier.name}`;
  return (
    <DialogForm title={title} verb="Save" busyVerb="Saving" save={save} onClose={onClose}>
      <div class="pair">
        {notifier === null && (
          <Select
            label="Kind"
            name="kind"
            value={kind}
            options={kindNames.map((name) => [name, notifierKinds[name].word] as const)}
            onChange={(value) => setKind(kindNames.find((name) => name === value) ?? 'mail')}
          />
        )}
        <Field label="Name" name="name" value={notifier?.name ?? ''} placeholder="on-call" required autofocus />
      </div>
      <p class="sub">{note}</p>
      {fields.map((field) => (
        <KindInput key={`${kind} ${field.name}`} field={field} notifier={notifier} />
      ))}
      {digest && (
        <Select
          key={`${kind} digest`}
          label="Tell"
          name="digestMinutes"
          value={notifier !== null && 'digestMinutes' in notifier ? String(notifier.digestMinutes ?? '') : ''}
          options={digestOptions(notifier)}
        />
      )}
      <QuietFields quiet={notifier?.quietHours ?? null} />
    </DialogForm>
  );
}

function KindInput({ field, notifier }: { readonly field: KindField; readonly notifier: Notifier | null }) {
  const { name, label, type, placeholder, secret } = field;
  const keeps = secret && notifier !== null;
  return (
    <Field
      label={label}
      name={name}
      type={type}
      value={secret ? '' : valueOf(notifier, name)}
      placeholder={keeps && type === 'url' ? valueOf(notifier, name) : placeholder}
      required={field.required && !keeps}
      autocomplete={type === 'password' ? 'new-password' : 'off'}
      {...(type === 'number' ? { min: 1, max: 65_535 } : {})}
      help={keeps ? 'Empty: it stays as it is.' : field.help}
    />
  );
}

function valueOf(notifier: Notifier | null, name: string): string {
  const found = Object.entries(notifier ?? {}).find(([field]) => field === name)?.[1];
  if (Array.isArray(found)) return found.join(', ');
  return typeof found === 'string' || typeof found === 'number' ? String(found) : '';
}

/** The usual choices, and what another program has set. */
function digestOptions(notifier: Notifier | null): readonly (readonly [string, string])[] {
  const minutes = notifier !== null && 'digestMinutes' in notifier ? notifier.digestMinutes : null;
  if (minutes === null || digestChoices.some(([value]) => value === String(minutes))) return digestChoices;
  return [...digestChoices, [String(minutes), `Every ${minutes} minutes, in one message`]];
}
