import type { Host } from '../../wire/api/deployment.ts';
import type { HostRecord } from '../ports.ts';
import type { GroupFleet } from './fleet.ts';
import { hostStatus } from './host-status.ts';

/** A host as the API shows it; never its password. */
export function hostView(fleet: GroupFleet, host: HostRecord, nowMs: number): Host {
  const { report } = host;
  return {
    id: host.id,
    host: host.host,
    connectTo: host.connectTo,
    aliases: [...host.aliases],
    seed: host.seed,
    status: hostStatus(fleet, host, nowMs),
    type: report?.type ?? 'unknown',
    role: report?.role ?? 'unknown',
    version: report?.version ?? null,
    replicaSetId: host.replicaSetId,
    setName: report?.setName ?? setName(fleet, host),
    clusterId: host.clusterId,
    shardName: host.shardName,
    startedAtMs: report?.startedAtMs ?? null,
    firstSampleAtMs: host.firstSampleAtMs,
    lastSampleAtMs: host.lastSampleAtMs,
    problem: report?.problem ?? null,
    clockSkewMs: report?.clockSkewMs ?? null,
    collection: report?.collection ?? null,
    hasCredentials: host.credentials !== null,
    username: host.username,
  };
}

/** Hosts that a page lists: those removed by a person are out of sight. */
export function shownHosts(fleet: GroupFleet): HostRecord[] {
  return [...fleet.hosts.values()].filter(({ standing }) => standing !== 'ignored');
}

function setName(fleet: GroupFleet, host: HostRecord): string | null {
  return host.replicaSetId === null ? null : (fleet.sets.get(host.replicaSetId)?.report.name ?? null);
}
