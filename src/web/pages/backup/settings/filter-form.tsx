import { useId } from 'preact/hooks';
import type { BackupSet } from '../../../../wire/api/backups.ts';
import { send } from '../../../api.ts';
import { useGroup } from '../../../session.ts';
import { SettingsForm } from '../../settings/settings-form.tsx';
import { setPath } from '../use-backups.ts';

interface FilterFormProps {
  readonly set: BackupSet;
  readonly onChanged: () => void;
}

/** Which namespaces are kept; what is newly included is copied by itself. */
export function FilterForm({ set, onChanged }: FilterFormProps) {
  const { groupId, may } = useGroup();
  return (
    <SettingsForm
      title="What is backed up"
      disabled={!may('backup.write')}
      save={async ({ include = '', exclude = '' }) => {
        const filter = { include: patternsOf(include), exclude: patternsOf(exclude) };
        await send('PATCH', setPath(groupId, set.replicaSetId), { filter });
        onChanged();
      }}
    >
      <Patterns
        label="Only these"
        name="include"
        value={set.filter.include}
        help="Names with *, one a line: shop.*, *.orders. Empty: everything."
      />
      <Patterns
        label="But not these"
        name="exclude"
        value={set.filter.exclude}
        help="Excluding wins. What is excluded goes with its oldest snapshot; what is included anew is copied alone, while all else stays protected."
      />
    </SettingsForm>
  );
}

interface PatternsProps {
  readonly label: string;
  readonly name: string;
  readonly value: readonly string[];
  readonly help: string;
}

function Patterns({ label, name, value, help }: PatternsProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <textarea
        id={id}
        name={name}
        rows={Math.min(8, Math.max(2, value.length))}
        defaultValue={value.join('\n')}
        spellcheck={false}
        aria-describedby={`${id}-help`}
      />
      <p class="help" id={`${id}-help`}>
        {help}
      </p>
    </div>
  );
}

/** One pattern a line; commas separate too. */
function patternsOf(text: string): string[] {
  const names = text.split(/[\n,]/).map((name) => name.trim());
  return [...new Set(names.filter((name) => name !== ''))];
}
