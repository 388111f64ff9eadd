import { useMemo } from 'preact/hooks';
import type { Alert } from '../../../wire/api/alerts.ts';
import type { Host } from '../../../wire/api/deployment.ts';
import { useResource } from '../../resource.ts';
import { useGroup } from '../../session.ts';

/** Where the subject of an alert stands in the deployment. */
export interface Place {
  /** Of its replica set; null: it belongs to none. */
  readonly setName: string | null;
  readonly tags: readonly string[];
}

export type Places = (alert: Alert) => Place;

const noHosts: readonly Host[] = [];

/** Finds the set and the tags of alerts from the hosts of the group. */
export function usePlaces(): Places {
  const { groupId } = useGroup();
  const hosts = useResource<Host[]>(`/groups/${groupId}/hosts`, ['hosts']).data ?? noHosts;
  return useMemo(() => placesOf(hosts), [hosts]);
}

/** The same without a page around it. A set has the tags of all its hosts. */
export function placesOf(hosts: readonly Host[]): Places {
  const byId = new Map(hosts.map((host) => [host.id, host]));
  const tagsOfSet = new Map<string, Set<string>>();
  for (const { replicaSetId, tags } of hosts) {
    if (replicaSetId === null || tags.length === 0) continue;
    const known = tagsOfSet.get(replicaSetId) ?? new Set();
    for (const tag of tags) known.add(tag);
    tagsOfSet.set(replicaSetId, known);
  }
  return ({ subject: { kind, id, label } }) => {
    if (kind === 'set') return { setName: label, tags: [...(tagsOfSet.get(id) ?? [])] };
    const host = kind === 'host' ? byId.get(id) : undefined;
    return { setName: host?.setName ?? null, tags: host?.tags ?? [] };
  };
}
