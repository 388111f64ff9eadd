import { hostsByName } from '../../alerts/ports.ts';
import { targetFit } from '../../alerts/target.ts';
import type { AlertTarget, AlertTargetAnswer } from '../../wire/api/alerts.ts';
import type { GroupFleet } from '../fleet/fleet.ts';
import { watchedHosts } from './snapshot.ts';

const listedHosts = 50;

/** What a target fits now. */
export function targetAnswer(group: GroupFleet, target: AlertTarget): AlertTargetAnswer {
  const hosts = watchedHosts(group, { startupWarnings: false }, new Map());
  const sets = [...group.sets.values()].map(({ report, atMs }) => ({ report, atMs }));
  const fit = targetFit(target, { hosts, hostByName: hostsByName(hosts), sets });
  const fitting = hosts.filter(({ id, host }) => fit({ kind: 'host', id, label: host }) === 'yes');
  const names = fitting.map(({ id, host }) => ({ id, host })).toSorted((a, b) => a.host.localeCompare(b.host, 'en'));
  const count = (kind: 'set' | 'cluster', ids: Iterable<string>): number =>
    [...ids].filter((id) => fit({ kind, id, label: id }) === 'yes').length;
  return {
    hosts: names.slice(0, listedHosts),
    hostCount: fitting.length,
    setCount: count('set', group.sets.keys()),
    clusterCount: count('cluster', group.clusters.keys()),
    allHosts: hosts.length,
  };
}
