import type { Alert, AlertSubject, GroupSnapshot, HostView } from '../ports.ts';
import type { AlertPlace, MaintenanceWindowRecord } from './ports.ts';
import { currentOrNext } from './wall-clock.ts';

export type MaintenanceMark = NonNullable<Alert['maintenance']>;
interface ActiveWindow {
  readonly mark: MaintenanceMark;
  readonly target: MaintenanceWindowRecord['target'];
}

export const nowhere: AlertPlace = { hosts: [], sets: [], tags: [] };

/** Windows that are on. */
export function activeWindows(windows: readonly MaintenanceWindowRecord[], nowMs: number): readonly ActiveWindow[] {
  return windows.flatMap(({ id, name, enabled, times, target }) => {
    const span = enabled ? currentOrNext(times, nowMs) : undefined;
    if (span === undefined || span.fromMs > nowMs) return [];
    return [{ mark: { windowId: id, name, untilMs: span.toMs }, target }];
  });
}

/** Of the windows that hold for a place the one that ends last. */
export function windowOver(place: AlertPlace, windows: readonly ActiveWindow[]): MaintenanceMark | undefined {
  let last: MaintenanceMark | undefined;
  for (const { mark, target } of windows) {
    if (fits(target, place) && (last === undefined || mark.untilMs > last.untilMs)) last = mark;
  }
  return last;
}

function fits({ hosts, sets, tags }: MaintenanceWindowRecord['target'], place: AlertPlace): boolean {
  if (hosts.length + sets.length + tags.length === 0) return true;
  const any = (wanted: readonly string[], there: readonly string[]) => wanted.some((each) => there.includes(each));
  return any(hosts, place.hosts) || any(sets, place.sets) || any(tags, place.tags);
}

/** Where in the deployment a subject is: a set is at all of its members, a cluster at all of its hosts. */
export function placesIn({
  hosts,
  sets,
}: Pick<GroupSnapshot, 'hosts' | 'sets'>): (subject: AlertSubject) => AlertPlace {
  const byId = new Map(hosts.map((host) => [host.id, host]));
  const names = new Map(sets.map(({ report }) => [report.replicaSetId, report.name]));
  return ({ kind, id, label }) => {
    const there = kind === 'host' ? [byId.get(id)].filter((host) => host !== undefined) : hosts.filter(isOf(kind, id));
    const setIds = new Set(there.flatMap(({ report }) => report?.replicaSetId ?? []));
    if (kind === 'set') setIds.add(id);
    return {
      hosts: kind === 'host' ? [id] : there.map((host) => host.id),
      sets: [...setIds, ...[...setIds].flatMap((setId) => names.get(setId) ?? []), ...(kind === 'set' ? [label] : [])],
      tags: [...new Set(there.flatMap(({ tags }) => tags))],
    };
  };
}

function isOf(kind: AlertSubject['kind'], id: string): (host: HostView) => boolean {
  if (kind === 'set') return ({ report }) => report?.replicaSetId === id;
  return ({ clusterId }) => kind === 'cluster' && clusterId === id;
}
