import { useMemo } from 'preact/hooks';
import type { Alert } from '../../../wire/api/alerts.ts';
import type { Host } from '../../../wire/api/deployment.ts';
import type { MaintenanceWindow } from '../../../wire/api/notifiers.ts';
import { useResource } from '../../resource.ts';
import { useGroup } from '../../session.ts';
import { silencing } from '../settings/windows/silencing.ts';

/** Where the subject of an alert stands in the deployment. */
export interface Place {
  readonly setId: string | null;
  /** Of its replica set or cluster; null: it belongs to none. */
  readonly setName: string | null;
  readonly tags: readonly string[];
  /** The maintenance window because of which nobody is told. */
  readonly silencedBy: MaintenanceWindow | null;
}

export type Places = (alert: Alert) => Place;

const noHosts: readonly Host[] = [];
const noWindows: readonly MaintenanceWindow[] = [];

/** Finds the set, the tags and the silence of alerts, from the hosts and the maintenance windows of the group. */
export function usePlaces(): Places {
  const { groupId } = useGroup();
  const hosts = useResource<Host[]>(`/groups/${groupId}/hosts`, ['hosts']).data ?? noHosts;
  const windows = useResource<MaintenanceWindow[]>(`/groups/${groupId}/maintenance-windows`, ['alerts']);
  return useMemo(() => placesOf(hosts, windows.data ?? noWindows), [hosts, windows.data]);
}

/** The same without a page around it; the windows are as they are now. */
export function placesOf(hosts: readonly Host[], windows: readonly MaintenanceWindow[]): Places {
  const byId = new Map(hosts.map((host) => [host.id, host]));
  const tagsOfSet = new Map<string, Set<string>>();
  for (const { replicaSetId, tags } of hosts) {
    if (replicaSetId === null || tags.length === 0) continue;
    const known = tagsOfSet.get(replicaSetId) ?? new Set();
    for (const tag of tags) known.add(tag);
    tagsOfSet.set(replicaSetId, known);
  }
  const active = windows.filter((window) => window.active);
  return (alert) => {
    const { kind, id, label } = alert.subject;
    const host = kind === 'host' ? byId.get(id) : undefined;
    const setId = kind === 'set' ? id : (host?.replicaSetId ?? null);
    const setName = kind === 'set' ? label : (host?.setName ?? null);
    const tags = host?.tags ?? (setId === null ? [] : [...(tagsOfSet.get(setId) ?? [])]);
    const open = alert.state !== 'closed' && active.length > 0;
    const hostId = kind === 'host' ? id : undefined;
    // What is said of a set is not about one tagged host of it.
    const silencedBy = open
      ? silencing(active, { hostId, sets: [setId, setName], tags: kind === 'host' ? tags : [] })
      : null;
    return { setId, setName, tags, silencedBy };
  };
}
