import type { MemberReport, SetReport } from '../../wire/agent-messages.ts';
import type { Status } from '../../wire/api/common.ts';
import type { HostRecord } from '../ports.ts';
import type { GroupFleet } from './fleet.ts';

/** A member this far behind is called lagging on the picture, whatever the alert rules say. */
const laggingMs = 60_000;
const downAfterMs = 60_000;
const downAfterPolls = 3;
const graceMs = 10_000;

/** Reports are missed for three intervals and a grace: then nothing is known any more. */
export function blindAfterMs(fleet: GroupFleet): number {
  return 3 * fleet.group.intervalMs + graceMs;
}

/** Null while an agent reports; else since when none did (null = never). */
export function blindness(fleet: GroupFleet, nowMs: number): { readonly sinceMs: number | null } | null {
  const seen = [...fleet.agents.values()]
    .filter(({ kind }) => kind === 'monitoring')
    .map((agent) => agent.lastSeenAtMs);
  const lastMs = fleet.lastReportAtMs ?? (seen.length === 0 ? null : Math.max(...seen));
  if (lastMs === null) return { sinceMs: null };
  const heardMs = Math.max(lastMs, fleet.lastReportAtMs === null ? fleet.loadedAtMs : 0);
  return nowMs - heardMs > blindAfterMs(fleet) ? { sinceMs: lastMs } : null;
}

/** The state of a host in one word, since when, and what is known of the reason. */
export function hostStatus(fleet: GroupFleet, host: HostRecord, nowMs: number): Status {
  const { report } = host;
  if (host.standing === 'departed') return { health: 'off', word: 'left its set' };
  const blind = blindness(fleet, nowMs);
  if (blind !== null) return unknown('unknown', blind.sinceMs, 'No agent reports.');
  if (report === null) return unknown('waiting', host.addedAtMs, 'Added; the agent has not polled it yet.');
  const since = report.sinceMs === undefined ? {} : { sinceMs: report.sinceMs };
  const detail = report.problem === undefined ? {} : { detail: report.problem.message };
  if (!report.reachable) return { ...unreachableStatus(fleet, host, nowMs), ...since, ...detail };
  const role = report.role ?? 'unknown';
  if (role === 'recovering' || role === 'startup' || role === 'rollback') {
    return { health: 'warn', word: role, ...since, ...detail };
  }
  if (role === 'removed') return { health: 'off', word: 'removed', ...since, ...detail };
  const lagMs = memberOf(fleet, host)?.member.lagMs;
  if (lagMs != null && lagMs > laggingMs) return { health: 'warn', word: 'lagging', ...since };
  if (report.problem !== undefined) return { health: 'warn', word: 'limited', ...since, ...detail };
  if (report.stale === true) return { health: 'warn', word: 'old figures', ...since, ...detail };
  return { health: 'ok', word: 'healthy', ...since };
}

/** Down = the agent misses it three times and for a minute, and no healthy member sees it either. */
function unreachableStatus(fleet: GroupFleet, host: HostRecord, nowMs: number): Status {
  const view = memberOf(fleet, host);
  const reporter = view === undefined ? undefined : fleet.byName(view.set.reportedBy);
  if (view?.member.health === 1 && reporter?.id !== host.id && reporter?.report?.reachable === true) {
    return { health: 'warn', word: 'unreachable from the agent' };
  }
  const { missedPolls = 0, sinceMs = nowMs } = host.report ?? {};
  if (missedPolls >= downAfterPolls && nowMs - sinceMs >= downAfterMs) return { health: 'bad', word: 'down' };
  return { health: 'warn', word: 'not answering' };
}

/** What its replica set says about a host. */
export function memberOf(
  fleet: GroupFleet,
  host: HostRecord,
): { readonly set: SetReport; readonly member: MemberReport } | undefined {
  if (host.replicaSetId === null) return undefined;
  const set = fleet.sets.get(host.replicaSetId)?.report;
  const member = set?.members.find((candidate) => names(host).includes(candidate.host.toLowerCase()));
  return set === undefined || member === undefined ? undefined : { set, member };
}

export function names(host: HostRecord): readonly string[] {
  return [host.host, ...host.aliases];
}

function unknown(word: string, sinceMs: number | null, detail: string): Status {
  return { health: 'unknown', word, ...(sinceMs === null ? {} : { sinceMs }), detail };
}
