import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { MaintenanceWindow } from '../../../wire/api/notifiers.ts';
import { type Resource, useResource } from '../../resource.ts';
import { SilenceMark } from '../settings/windows/silence-mark.tsx';
import { SilenceMenu } from '../settings/windows/silence-menu.tsx';
import { silencing } from '../settings/windows/silencing.ts';

/** Maintenance of the group, read once for all cards. */
export const WindowsContext = createContext<Pick<Resource<MaintenanceWindow[]>, 'data' | 'reload'> | null>(null);

export function useWindows(groupId: string): Resource<MaintenanceWindow[]> {
  return useResource<MaintenanceWindow[]>(`/groups/${groupId}/maintenance-windows`, ['alerts']);
}

interface SetSilenceProps {
  readonly replicaSetId: string;
  readonly name: string;
}

/** The maintenance that silences a set, or the way to begin one. */
export function SetSilence({ replicaSetId, name }: SetSilenceProps) {
  const windows = useContext(WindowsContext);
  if (windows === null) return null;
  const window = silencing(windows.data ?? [], { sets: [replicaSetId, name] });
  if (window !== null) return <SilenceMark window={window} />;
  const target = { hosts: [], sets: [replicaSetId], tags: [] };
  return <SilenceMenu word="Silence" what={name} target={target} onMade={windows.reload} />;
}
