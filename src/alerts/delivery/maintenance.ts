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
export function placeOf(subject: AlertSubject, snapshot: Pick<GroupSnapshot, 'hosts' | 'sets'>): AlertPlace {
  const hosts = snapshot.hosts.filter((host) => belongs(host, subject));
  const setIds = new Set(hosts.flatMap(({ report }) => report?.replicaSetId ?? []));
  if (subject.kind === 'set') setIds.add(subject.id);
  const names = snapshot.sets.filter(({ report }) => setIds.has(report.replicaSetId)).map(({ report }) => report.name);
  return {
    hosts: subject.kind === 'host' ? [subject.id] : hosts.map(({ id }) => id),
    sets: [...setIds, ...names, ...(subject.kind === 'set' ? [subject.label] : [])],
    tags: [...new Set(hosts.flatMap(({ tags }) => tags))],
  };
}

function belongs(host: HostView, { kind, id }: AlertSubject): boolean {
  if (kind === 'host') return host.id === id;
  if (kind === 'set') return host.report?.replicaSetId === id;
  return kind === 'cluster' && host.clusterId === id;
}
