import { Field, Select } from '../../components/field.tsx';
import { ListCard } from '../../components/list-card.tsx';
import { RowButton } from '../../components/row-button.tsx';
import { Pill } from '../../components/status.tsx';
import { ago, fullTime } from '../../format.ts';
import type { Resource } from '../../resource.ts';
import { useGroup } from '../../session.ts';
import { useZone } from '../../zone.ts';
import { MakeSecret } from './make-secret.tsx';

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

const columns = ['Name', 'Scope', 'Made', 'Last used'];

/** Keys or tokens: the list, one to make (its secret shown once), each to revoke by typing its name. */
export function SecretList<T extends Entry>(props: SecretListProps<T>) {
  const { title, from, choice, second } = props;
  const { may } = useGroup();
  const zone = useZone();
  return (
    <ListCard
      title={title}
      note={props.note}
      from={from}
      order={usableFirst}
      empty={props.empty}
      columns={columns}
      removal={{
        title: 'Revoke',
        text: props.revokeNote,
        verb: 'Revoke for good',
        name: (entry) => entry.name,
        act: (entry) => props.revoke(entry.id),
      }}
      below={
        may('group.own') && (
          <MakeSecret
            label={`Make one of the ${title}`}
            verb="Make"
            make={props.make}
            onMade={from.reload}
            title={title}
            note={props.secretNote}
          >
            <Field label="Name" name="name" placeholder="what it is for" required />
            <Select
              label={choice.label}
              name={choice.name}
              value={choice.options[0]?.[0] ?? ''}
              options={choice.options}
            />
          </MakeSecret>
        )
      }
    >
      {(entry, askRemoval) => (
        <tr class={entry.revokedAtMs === null ? undefined : 'gone'}>
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
              may('group.own') && <RowButton word="Revoke" of={entry.name} onClick={askRemoval} />
            )}
          </td>
        </tr>
      )}
    </ListCard>
  );
}

function usableFirst(a: Entry, b: Entry): number {
  return Number(a.revokedAtMs !== null) - Number(b.revokedAtMs !== null) || b.createdAtMs - a.createdAtMs;
}
