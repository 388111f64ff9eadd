import { useMemo } from 'preact/hooks';
import type { Host } from '../../../wire/api/deployment.ts';
import { ChipPicker } from '../../components/chip-picker.tsx';
import { useResource } from '../../resource.ts';
import { useGroup } from '../../session.ts';
import { tagNames, tagOf } from '../settings/target-choices.ts';

interface TagFieldProps {
  readonly tags: readonly string[];
  readonly label?: string;
  readonly onChange: (tags: readonly string[]) => void;
}

/** Tags of one host or of many; those that other hosts have are offered. */
export function TagField({ tags, label = 'Tags', onChange }: TagFieldProps) {
  const { groupId } = useGroup();
  const hosts = useResource<Host[]>(`/groups/${groupId}/hosts`).data;
  const known = useMemo(() => tagNames(hosts ?? []), [hosts]);
  return (
    <ChipPicker
      label={label}
      chosen={tags}
      options={known}
      free={tagOf}
      placeholder="production, team:shop"
      help="Words of your own: alert rules and maintenance can name them. Enter or a comma adds one."
      onChange={(next) => onChange(next.slice(0, 20))}
    />
  );
}
