import { useState } from 'preact/hooks';
import { useAction } from '../../components/action.ts';
import { ConfirmDialog } from '../../components/confirm-dialog.tsx';
import { ErrorBox } from '../../components/error-box.tsx';
import { Field, formValues, Select } from '../../components/field.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { Pill } from '../../components/status.tsx';
import { ago, fullTime } from '../../format.ts';
import type { Resource } from '../../resource.ts';
import { useGroup } from '../../session.ts';
import { useZone } from '../../zone.ts';
import { SecretOnce } from './secret-once.tsx';

interface Entry {
  readonly id: string;
  readonly name: string;
  readonly createdAtMs: number;
  readonly lastUsedAtMs: number | null;
  readonly revokedAtMs: number | null;
}

interface SecretListProps<T extends Entry> {
  readonly title: string;
  readonly note: string;
  readonly empty: string;
  readonly from: Resource<T[]>;
  readonly choice: {
    readonly label: string;
    readonly name: string;
    readonly options: readonly (readonly [string, string])[];
  };
  readonly second: (entry: T) => string;
  readonly secretNote: string;
  readonly revokeNote: string;
  /** Makes one and gives back its secret. */
  readonly make: (body: Record<string, string>) => Promise<string>;
  readonly revoke: (id: string) => Promise<unknown>;
}

/** Keys or tokens: the list, one to make (its secret shown once), each to revoke by typing its name. */
export function SecretList<T extends Entry>(props: SecretListProps<T>) {
  const { title, from } = props;
  const { role } = useGroup();
  const [secret, setSecret] = useState<string | null>(null);
  const [revoking, setRevoking] = useState<T | null>(null);
  const make = useAction(async (form: HTMLFormElement) => {
    const made = await props.make(formValues(form));
    form.reset();
    setSecret(made);
    from.reload();
  });
  return (
    <section class="card" aria-label={title}>
      <header>
        <h2>{title}</h2>
        <span class="sub">{props.note}</span>
      </header>
      <Loaded from={from} height={120}>
        {(list) =>
          list.length === 0 ? (
            <p class="empty">{props.empty}</p>
          ) : (
            <SecretTable title={title} list={list} second={props.second} onRevoke={setRevoking} />
          )
        }
      </Loaded>
      {role === 'owner' && (
        <form
          class="inline-form"
          aria-label={`Make one of the ${title}`}
          onSubmit={(event) => {
            event.preventDefault();
            make.run(event.currentTarget);
          }}
        >
          <Field label="Name" name="name" placeholder="what it is for" required />
          <Select
            label={props.choice.label}
            name={props.choice.name}
            value={props.choice.options[0]?.[0] ?? ''}
            options={props.choice.options}
          />
          <button type="submit" disabled={make.busy}>
            Make
          </button>
          {make.error !== null && <ErrorBox error={make.error} />}
        </form>
      )}
      {secret !== null && (
        <SecretOnce title={title} secret={secret} note={props.secretNote} onClose={() => setSecret(null)} />
      )}
      {revoking !== null && (
        <ConfirmDialog
          title="Revoke"
          text={props.revokeNote}
          name={revoking.name}
          verb="Revoke for good"
          act={async () => {
            await props.revoke(revoking.id);
            from.reload();
          }}
          onClose={() => setRevoking(null)}
        />
      )}
    </section>
  );
}

interface SecretTableProps<T extends Entry> {
  readonly title: string;
  readonly list: readonly T[];
  readonly second: (entry: T) => string;
  readonly onRevoke: (entry: T) => void;
}

function SecretTable<T extends Entry>({ title, list, second, onRevoke }: SecretTableProps<T>) {
  const { role } = useGroup();
  const zone = useZone();
  const ordered = list.toSorted(
    (a, b) => Number(a.revokedAtMs !== null) - Number(b.revokedAtMs !== null) || b.createdAtMs - a.createdAtMs,
  );
  return (
    <table class="secrets">
      <caption class="sr">{title}</caption>
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col">Scope</th>
          <th scope="col">Made</th>
          <th scope="col">Last used</th>
          <th scope="col">
            <span class="sr">Revoke</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {ordered.map((entry) => (
          <tr key={entry.id} class={entry.revokedAtMs === null ? undefined : 'gone'}>
            <td class="host">
              <b>{entry.name}</b>
            </td>
            <td data-label="Scope">{second(entry)}</td>
            <td data-label="Made" title={fullTime(entry.createdAtMs, zone)}>
              {ago(entry.createdAtMs)}
            </td>
            <td data-label="Last used">{entry.lastUsedAtMs === null ? 'never' : ago(entry.lastUsedAtMs)}</td>
            <td class="acts">
              {entry.revokedAtMs !== null ? (
                <Pill health="off" word="Revoked" title={fullTime(entry.revokedAtMs, zone)} />
              ) : (
                role === 'owner' && (
                  <button
                    type="button"
                    class="quiet"
                    aria-label={`Revoke ${entry.name}`}
                    onClick={() => onRevoke(entry)}
                  >
                    Revoke
                  </button>
                )
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
