import type { Moment } from '../../../../wire/api/backup-reading.ts';
import type { BackupSet } from '../../../../wire/api/backups.ts';
import type { ServerInfo } from '../../../../wire/api/groups.ts';
import { Command } from '../../../components/command.tsx';
import { useResource } from '../../../resource.ts';
import { groupPath, setQuery } from '../../../router.ts';
import { useGroup } from '../../../session.ts';
import type { ChosenDocuments } from './chosen-documents.ts';
import { type Existing, environmentLines, restoreCommand } from './restore-command.ts';
import { TargetFields, TargetFileStep } from './target-fields.tsx';
import { readTarget } from './target-uri.ts';

export interface WayProps {
  readonly set: BackupSet;
  readonly moment: Moment;
  readonly namespaces: readonly string[];
  readonly documents: ChosenDocuments;
  readonly query: URLSearchParams;
}

/** `leafward restore`, filled in: first what it would do, then the same for good. */
export function ByCommand({ set, moment, namespaces, documents, query }: WayProps) {
  const { groupId } = useGroup();
  const server = useResource<ServerInfo>('/server').data;
  const choice = {
    replicaSet: set.name,
    moment,
    namespaces,
    rename: query.get('rename') ?? '',
    toSource: query.has('toSource'),
    drop: query.has('drop'),
    usersAndRoles: query.has('users'),
    filter: documents.filter,
    existing: existingOf(query),
    target: readTarget(query),
  };
  const isSome = documents.filter !== null;
  return (
    <>
      <p>
        {isSome
          ? 'Straight into a target, beside what its collection holds, byte for byte. It ends with a proof: each document is read back. '
          : 'Straight into a target, in parallel, with indexes. It resumes after a cut, and ends with a proof: the counts and hashes of what the target then holds. '}
        Run it on a machine that reaches the target and this server.
      </p>
      <div class="stack tight">
        {!isSome && <QueryCheck name="drop" label="Replace collections that are in the way" query={query} />}
        <QueryCheck name="toSource" label={`Into ${set.name} itself, beside or over what it holds`} query={query} />
        {!isSome && <QueryCheck name="users" label="Users and roles too" query={query} />}
      </div>
      {isSome && <ExistingChoice existing={choice.existing} />}
      <label class="field">
        <span>Under another name</span>
        <input
          key={choice.rename}
          defaultValue={choice.rename}
          placeholder="shop.*=restored.*"
          spellcheck={false}
          onChange={(event) => setQuery('rename', event.currentTarget.value.trim())}
        />
      </label>
      <TargetFields target={choice.target} />
      <h3>Once in the shell</h3>
      <Command text={environmentLines(server?.publicUrl ?? location.origin, groupId)} label="Copy the environment" />
      <p class="help">
        The second line waits for an API token of an owner:{' '}
        <a href={groupPath(groupId, 'settings', 'keys')}>make one</a>.
      </p>
      <TargetFileStep target={choice.target} />
      <h3>See what it would do</h3>
      <Command text={restoreCommand(choice, true)} label="Copy the dry run" />
      <h3>Restore</h3>
      <Command text={restoreCommand(choice, false)} label="Copy the restore" />
      <p class="help">It shows the plan again and asks before it writes; --yes does not ask.</p>
    </>
  );
}

const existings = [
  ['refuse', 'write nothing, and name them'],
  ['replace', 'put the restored ones in their place'],
  ['keep', 'leave them, write the others'],
] as const;

function existingOf(query: URLSearchParams): Existing {
  return existings.find(([name]) => name === query.get('existing'))?.[0] ?? 'refuse';
}

function ExistingChoice({ existing }: { readonly existing: Existing }) {
  return (
    <label class="field">
      <span>Documents that the target has with other content</span>
      <select
        value={existing}
        onChange={(event) => {
          const { value } = event.currentTarget;
          setQuery('existing', value === 'refuse' ? null : value);
        }}
      >
        {existings.map(([name, words]) => (
          <option key={name} value={name}>
            {words}
          </option>
        ))}
      </select>
    </label>
  );
}

interface QueryCheckProps {
  readonly name: string;
  readonly label: string;
  readonly query: URLSearchParams;
}

/** A choice that is in the address. */
function QueryCheck({ name, label, query }: QueryCheckProps) {
  return (
    <label class="check">
      <input
        type="checkbox"
        checked={query.has(name)}
        onChange={(event) => setQuery(name, event.currentTarget.checked ? 'yes' : null)}
      />
      <span>{label}</span>
    </label>
  );
}
