import type { Host } from '../../wire/api/deployment.ts';
import type { HostRecord } from '../ports.ts';
import type { GroupFleet } from './fleet.ts';
import { hostStatus } from './host-status.ts';

/** A host as the API shows it; never its password. */
export function hostView(fleet: GroupFleet, host: HostRecord, nowMs: number): Host {
  const { report } = host;
  const shown = hostStatus(fleet, host, nowMs);
  const exposure = fleet.exposures.get(host.id);
  return {
    id: host.id,
    host: host.host,
    connectTo: host.connectTo,
    aliases: [...host.aliases],
    seed: host.seed,
    status: shown,
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
    problem: problemOf(host, shown.word),
    clockSkewMs: report?.clockSkewMs ?? null,
    collection: report?.collection ?? null,
    hasCredentials: host.credentials !== null,
    username: host.username,
    authSource: host.authSource,
    tls: host.tls,
    tags: [...host.tags],
    ...(exposure === undefined ? {} : { exposure }),
  };
}

/** What its set reaches and the agent does not has another name for the agent: containers, NAT. */
function problemOf({ report, host, connectTo }: HostRecord, word: string): Host['problem'] {
  const problem = report?.problem ?? null;
  if (problem?.code !== 'MONGODB_UNREACHABLE' || word !== 'unreachable from the agent') return problem;
  const name = connectTo ?? host;
  const hint = `Its set reaches it. Make ${name} lead there from the machine of the agent too, or set another address for this host (Settings > Hosts > Edit).`;
  return { ...problem, hint };
}

/** Hosts that a page lists: those removed by a person are out of sight. */
export function shownHosts(fleet: GroupFleet): HostRecord[] {
  return [...fleet.hosts.values()].filter(({ standing }) => standing !== 'ignored');
}

function setName(fleet: GroupFleet, host: HostRecord): string | null {
  return host.replicaSetId === null ? null : (fleet.sets.get(host.replicaSetId)?.report.name ?? null);
}
