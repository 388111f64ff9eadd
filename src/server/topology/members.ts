import type { MemberReport, SetReport } from '../../wire/agent-messages.ts';
import type { Status } from '../../wire/api/common.ts';
import type { TopologyMember, TopologySet } from '../../wire/api/deployment.ts';
import type { OpenAlert } from '../context.ts';
import type { GroupFleet } from '../fleet/fleet.ts';
import { blindness, hostStatus } from '../fleet/host-status.ts';
import type { HostRecord } from '../ports.ts';
import type { HostFigures } from './figures.ts';

/** Over a shorter span the first entries of a new set would count as a rate. */
const shortestWindowMs = 60_000;

/** All that the parts of the picture are drawn from. */
export interface Canvas {
  readonly fleet: GroupFleet;
  readonly nowMs: number;
  readonly figures: ReadonlyMap<string, HostFigures>;
  readonly sparks: ReadonlyMap<string, readonly (number | null)[]>;
  readonly alerts: readonly OpenAlert[];
  readonly byName: ReadonlyMap<string, HostRecord>;
}

/** A host as the picture draws it, with what its set says about it where there is one. */
export function drawMember(canvas: Canvas, name: string, member: MemberReport | undefined): TopologyMember {
  const host = canvas.byName.get(name.toLowerCase());
  return {
    hostId: host === undefined || host.standing === 'ignored' ? null : host.id,
    host: name,
    role: roleOf(host, member),
    status: statusOf(canvas, host, member),
    ...membership(member),
    version: host?.report?.version ?? null,
    startedAtMs: host?.report?.startedAtMs ?? null,
    ...measures(canvas, host),
  };
}

type Membership = Pick<TopologyMember, 'memberId' | 'lagMs' | 'delaySeconds' | 'priority' | 'hidden'>;

function membership(member: MemberReport | undefined): Membership {
  if (member === undefined) return { memberId: 0, lagMs: null, delaySeconds: 0, priority: 0, hidden: false };
  const { memberId, lagMs, delaySeconds, priority, hidden } = member;
  return { memberId, lagMs, delaySeconds, priority, hidden };
}

type MeasureNames = 'operationsPerSecond' | 'connections' | 'cachePercent' | 'diskPercent' | 'spark' | 'openAlerts';

function measures(
  { figures, sparks, alerts }: Canvas,
  host: HostRecord | undefined,
): Pick<TopologyMember, MeasureNames> {
  const found = host === undefined ? undefined : figures.get(host.id);
  const { operationsPerSecond = null, connections = null, cachePercent = null, diskPercent = null } = found ?? {};
  const spark = [...((host === undefined ? undefined : sparks.get(host.id)) ?? [])];
  const openAlerts = alerts.filter(({ subject }) => subject.id === host?.id).length;
  return { operationsPerSecond, connections, cachePercent, diskPercent, spark, openAlerts };
}

export function drawSet(canvas: Canvas, set: SetReport): TopologySet {
  const members = set.members.map((member) => drawMember(canvas, member.host, member));
  const primary = set.members.find(({ state, health }) => state === 1 && health === 1);
  const ofPrimary = primary === undefined ? undefined : figuresOf(canvas, primary.host);
  const firstMs = set.oplogFirstMs ?? null;
  const lastMs = set.oplogLastMs ?? null;
  const versions = new Set(members.flatMap(({ version }) => version ?? []));
  return {
    replicaSetId: set.replicaSetId,
    name: set.name,
    status: setStatus(canvas, members, primary !== undefined),
    versions: [...versions].sort(),
    primary: primary?.host ?? null,
    term: set.term,
    oplogFirstMs: firstMs,
    oplogLastMs: lastMs,
    oplogWindowMs: firstMs === null || lastMs === null ? null : Math.max(0, lastMs - firstMs),
    oplogBytesPerHour: oplogBytesPerHour(set, ofPrimary),
    dataBytes: ofPrimary?.dataBytes ?? null,
    clusterRole: set.clusterRole ?? null,
    shardName: set.shardName ?? null,
    members,
  };
}

/**
 * What the oplog holds over the time that it spans: also right on a set that is minutes old, and steady where the rate of
 * the last seconds jumps. Without its size, that rate.
 */
function oplogBytesPerHour(set: SetReport, ofPrimary: HostFigures | undefined): number | null {
  const { oplogFirstMs, oplogLastMs, oplogBytes } = set;
  const windowMs = oplogFirstMs === undefined || oplogLastMs === undefined ? 0 : oplogLastMs - oplogFirstMs;
  if (oplogBytes !== undefined && windowMs >= shortestWindowMs) return Math.round((oplogBytes * 3_600_000) / windowMs);
  return ofPrimary?.oplogGbPerHour == null ? null : Math.round(ofPrimary.oplogGbPerHour * 1e9);
}

/** The worst of several states, and how many share it. */
export function worst(statuses: readonly Status[]): { readonly status: Status; readonly count: number } | undefined {
  const order = ['bad', 'warn', 'unknown', 'ok', 'off'] as const;
  for (const health of order) {
    const found = statuses.filter((status) => status.health === health);
    const [first] = found;
    if (first !== undefined) return { status: first, count: found.length };
  }
  return undefined;
}

function setStatus(canvas: Canvas, members: readonly TopologyMember[], hasPrimary: boolean): Status {
  const blind = blindness(canvas.fleet, canvas.nowMs);
  if (blind !== null)
    return { health: 'unknown', word: 'unknown', ...(blind.sinceMs === null ? {} : { sinceMs: blind.sinceMs }) };
  if (!hasPrimary) return { health: 'bad', word: 'no primary', detail: 'No member accepts writes.' };
  const found = worst(members.map(({ status }) => status));
  if (found === undefined || found.status.health === 'ok' || found.status.health === 'off') {
    return { health: 'ok', word: 'healthy' };
  }
  return { ...found.status, word: `${found.count} ${found.status.word}` };
}

function statusOf(canvas: Canvas, host: HostRecord | undefined, member: MemberReport | undefined): Status {
  if (host !== undefined && host.standing !== 'ignored') return hostStatus(canvas.fleet, host, canvas.nowMs);
  if (member === undefined) return { health: 'unknown', word: 'unknown' };
  return { health: 'off', word: 'not watched', detail: `Its set calls it ${member.stateName}.` };
}

function roleOf(host: HostRecord | undefined, member: MemberReport | undefined): string {
  if (member === undefined) return host?.report?.role ?? 'unknown';
  if (member.arbiterOnly) return 'arbiter';
  if (member.state === 2 && member.delaySeconds > 0) return 'delayed';
  if (member.state === 2 && member.hidden) return 'hidden';
  return member.stateName.toLowerCase();
}

function figuresOf(canvas: Canvas, name: string): HostFigures | undefined {
  const host = canvas.byName.get(name.toLowerCase());
  return host === undefined ? undefined : canvas.figures.get(host.id);
}
