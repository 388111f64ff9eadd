import type { Host } from '../../../wire/api/deployment.ts';
import type { MaintenanceWindow } from '../../../wire/api/notifiers.ts';
import { TagChips } from '../../components/chip-picker.tsx';
import { useResource } from '../../resource.ts';
import { useGroup } from '../../session.ts';
import { SilenceMark } from '../settings/windows/silence-mark.tsx';
import { SilenceMenu } from '../settings/windows/silence-menu.tsx';
import { silencing } from '../settings/windows/silencing.ts';

/** Beside the name of a host: its tags, the maintenance that silences it, and the way to begin one. */
export function HostActions({ host }: { readonly host: Host }) {
  const { groupId } = useGroup();
  const windows = useResource<MaintenanceWindow[]>(`/groups/${groupId}/maintenance-windows`, ['alerts']);
  const { id: hostId, tags, replicaSetId, setName } = host;
  const window = silencing(windows.data ?? [], { hostId, sets: [replicaSetId, setName], tags });
  return (
    <span class="host-actions">
      <TagChips tags={tags} />
      {window !== null && <SilenceMark window={window} />}
      <SilenceMenu
        word="Silence"
        what={host.host}
        target={{ hosts: [hostId], sets: [], tags: [] }}
        onMade={windows.reload}
      />
    </span>
  );
}
