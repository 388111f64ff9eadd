import type { Status } from '../../wire/api/common.ts';
import type { Agent } from '../../wire/api/deployment.ts';
import type { ServerContext } from '../context.ts';
import type { GroupFleet } from '../fleet/fleet.ts';
import type { AgentRecord, Lease } from '../ports.ts';

/** Agents ask for settings at least every 30 s. */
export const lostAfterMs = 60_000;
const duplicateShownMs = 10 * 60_000;

/** An agent as the API shows it. */
export async function agentView(context: ServerContext, fleet: GroupFleet, record: AgentRecord): Promise<Agent> {
  const [lease, key, held] = await Promise.all([
    context.stores.agents.lease(fleet.group.id, record.kind),
    context.stores.keys.agentKey(record.keyId),
    record.kind === 'backup' ? context.backupHeldBy(fleet.group.id, record.id) : [],
  ]);
  const now = context.clock.now();
  const role = record.kind === 'backup' ? backupRoleOf(record, held, now) : roleOf(record, lease, now);
  const duplicate = isDuplicate(record, now);
  return {
    id: record.id,
    kind: record.kind,
    hostname: record.hostname,
    version: record.version,
    target: record.target,
    status: statusOf(record, role, duplicate),
    role,
    approved: record.approved,
    keyName: key?.name ?? '',
    firstSeenAtMs: record.firstSeenAtMs,
    lastSeenAtMs: record.lastSeenAtMs,
    startedAtMs: record.startedAtMs,
    cpuPercent: record.cpuPercent,
    rssBytes: record.rssBytes,
    outboxSamples: record.outboxSamples,
    outboxBytes: record.outboxBytes,
    sentBytes: record.work?.sentBytes ?? null,
    polls: record.work?.polls ?? null,
    failedPolls: record.work?.failedPolls ?? null,
    hosts: role === 'active' ? watchedHosts(fleet, record.kind === 'backup' ? held : undefined) : 0,
    duplicate,
  };
}

/** Hosts that it polls, or members of the sets that it backs up. */
function watchedHosts(fleet: GroupFleet, sets: readonly string[] | undefined): number {
  const watched = [...fleet.hosts.values()].filter(({ standing }) => standing === 'watched');
  if (sets === undefined) return watched.length;
  return watched.filter(({ replicaSetId }) => replicaSetId !== null && sets.includes(replicaSetId)).length;
}

export function isDuplicate(record: AgentRecord, nowMs: number): boolean {
  return record.duplicateAtMs !== null && nowMs - record.duplicateAtMs < duplicateShownMs;
}

function roleOf(record: AgentRecord, lease: Lease | undefined, nowMs: number): Agent['role'] {
  if (nowMs - record.lastSeenAtMs > lostAfterMs) return 'lost';
  return lease?.holder === record.id && lease.expiresAtMs > nowMs ? 'active' : 'standby';
}

/** Each backup agent works on its share of the sets. */
function backupRoleOf(record: AgentRecord, held: readonly string[], nowMs: number): Agent['role'] {
  if (nowMs - record.lastSeenAtMs > lostAfterMs) return 'lost';
  return held.length > 0 ? 'active' : 'standby';
}

function statusOf(record: AgentRecord, role: Agent['role'], duplicate: boolean): Status {
  if (role === 'lost') {
    return {
      health: 'bad',
      word: 'lost',
      sinceMs: record.lastSeenAtMs,
      detail: 'It has not asked for settings since.',
    };
  }
  if (duplicate) {
    return {
      health: 'warn',
      word: 'running twice',
      detail: 'Two processes use this identity: give each its own state directory.',
    };
  }
  return role === 'active' ? { health: 'ok', word: 'active' } : { health: 'ok', word: 'standby' };
}
