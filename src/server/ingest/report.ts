import { createHash } from 'node:crypto';
import type { HostEvent, HostReport, ReportRequest } from '../../wire/agent-messages.ts';
import type { Leases } from '../agents/leases.ts';
import type { ServerContext } from '../context.ts';
import { planDiscovery } from '../fleet/discovered-hosts.ts';
import type { GroupFleet } from '../fleet/fleet.ts';
import { ifRoom } from '../if-room.ts';
import { newId } from '../new-id.ts';
import type { AgentRecord, EventRecord, HostRecord } from '../ports.ts';

const viewsSavedEveryMs = 60_000;

/** Takes the state of all hosts from the active agent; of a standby only what it says about itself. */
export async function takeReport(
  context: ServerContext,
  leases: Leases,
  fleet: GroupFleet,
  agent: AgentRecord,
  report: ReportRequest,
): Promise<void> {
  const now = context.clock.now();
  const groupId = fleet.group.id;
  const { cpuPercent, rssBytes, outboxSamples, outboxBytes, startedAtMs } = report.agent;
  const { sentBytes = null, polls = null, failedPolls = null } = report.agent;
  const work = { sentBytes, polls, failedPolls };
  fleet.noteAgent({ ...agent, cpuPercent, rssBytes, outboxSamples, outboxBytes, startedAtMs, work });
  context.hub.publish(groupId, { type: 'agents' });
  const { active } = await leases.claim(groupId, agent.kind, agent.id);
  if (!active) return;
  fleet.lastReportAtMs = now;
  try {
    await noteHosts(fleet, report.hosts);
    await discover(context, fleet, report, now);
    await noteViews(fleet, report, now);
    const known = report.documents.filter(({ hostId }) => fleet.hosts.has(hostId));
    await context.stores.hosts.saveDocuments(groupId, known);
    await noteEvents(context, fleet, agent, report.events);
  } finally {
    context.hub.publish(groupId, { type: 'topology', atMs: now });
  }
}

async function noteHosts(fleet: GroupFleet, reports: readonly HostReport[]): Promise<void> {
  const changed: HostRecord[] = [];
  for (const report of reports) {
    const host = fleet.hosts.get(report.hostId);
    if (host === undefined || host.standing !== 'watched') continue;
    const record = { ...host, report };
    if (saysMore(host.report, report)) changed.push(record);
    else fleet.noteHost(record);
  }
  if (changed.length === 0 || (await ifRoom(fleet.saveHosts(changed)))) return;
  // On a full disk the page still shows how the hosts are now.
  for (const record of changed) fleet.noteHost(record);
}

/** Worth a write: everything but the clock and the counters of misses. */
function saysMore(before: HostReport | null, now: HostReport): boolean {
  if (before === null) return true;
  const essence = ({ atMs: _, missedPolls: _m, clockSkewMs: _c, problem, ...rest }: HostReport): string =>
    JSON.stringify({ ...rest, problem: problem?.code });
  return essence(before) !== essence(now);
}

async function discover(context: ServerContext, fleet: GroupFleet, report: ReportRequest, now: number): Promise<void> {
  const plan = planDiscovery(fleet, report, now);
  if (plan.save.length === 0 && plan.remove.length === 0) return;
  const before = new Set(fleet.hosts.keys());
  if (plan.save.length > 0) await fleet.saveHosts(plan.save);
  for (const hostId of plan.remove) {
    await fleet.removeHost(hostId);
    await context.metrics.removeStream(fleet.group.id, hostId);
  }
  const found = plan.save.filter(({ id }) => !before.has(id));
  for (const { host } of found) context.log.info('host discovered', { group: fleet.group.id, host });
  await tellFound(context, fleet, report, found);
  context.work.settingsChanged(fleet.group.id);
  context.hub.publish(fleet.group.id, { type: 'hosts' });
}

/** A host that discovery added is news once; that it joined its set just now is told by the agent. */
async function tellFound(
  context: ServerContext,
  fleet: GroupFleet,
  report: ReportRequest,
  found: readonly HostRecord[],
): Promise<void> {
  const joined = new Set(
    report.events.filter(({ kind }) => kind === 'memberAdded').map(({ message }) => message.split(' ')[0]),
  );
  const news = found.filter(({ host }) => !joined.has(host));
  if (news.length === 0) return;
  await context.stores.events.appendEvents(
    news.map(({ id, host, replicaSetId, clusterId }) => {
      const name = report.sets.find((set) => set.replicaSetId === replicaSetId)?.name;
      const where = name ?? (clusterId === null ? 'the deployment' : 'the sharded cluster');
      return {
        id: newId('e'),
        groupId: fleet.group.id,
        atMs: context.clock.now(),
        kind: 'memberAdded',
        message: `${host} was found in ${where} and is watched from now on`,
        subject: { kind: 'host', id, label: host },
      };
    }),
  );
  context.hub.publish(fleet.group.id, { type: 'events' });
}

async function noteViews(fleet: GroupFleet, report: ReportRequest, now: number): Promise<void> {
  const essence = (set: ReportRequest['sets'][number] | undefined): string =>
    JSON.stringify([set?.term, set?.configVersion, set?.members.map(({ host, state }) => [host, state])]);
  const due = ({ atMs }: { readonly atMs: number }): boolean => now - atMs > viewsSavedEveryMs;
  const sets = report.sets.filter((set) => {
    const before = fleet.sets.get(set.replicaSetId);
    const stale = before !== undefined && set.term < before.report.term;
    if (stale) return false;
    const worth = before === undefined || due(before) || essence(before.report) !== essence(set);
    // The time of the last write stays with the set, so that writing is due once a minute.
    fleet.sets.set(set.replicaSetId, { report: set, atMs: worth ? now : before.atMs, seenAtMs: now });
    return worth;
  });
  const clusters = report.clusters.filter((cluster) => {
    const before = fleet.clusters.get(cluster.clusterId);
    const worth = before === undefined || due(before);
    fleet.clusters.set(cluster.clusterId, { report: cluster, atMs: worth ? now : before.atMs, seenAtMs: now });
    return worth;
  });
  fleet.revision++;
  await fleet.saveViews(now, sets, clusters);
  await forgetEmptied(fleet);
}

/** A set or cluster of which nobody is watched any more is gone from the picture. */
async function forgetEmptied(fleet: GroupFleet): Promise<void> {
  const hosts = [...fleet.hosts.values()].filter(({ standing }) => standing === 'watched');
  const setIds = new Set(hosts.map(({ replicaSetId }) => replicaSetId));
  const clusterIds = new Set(hosts.map(({ clusterId }) => clusterId));
  for (const id of fleet.sets.keys()) if (!setIds.has(id)) await fleet.removeSet(id);
  for (const id of fleet.clusters.keys()) if (!clusterIds.has(id)) await fleet.removeCluster(id);
}

async function noteEvents(
  context: ServerContext,
  fleet: GroupFleet,
  agent: AgentRecord,
  events: readonly HostEvent[],
): Promise<void> {
  if (events.length === 0) return;
  await context.stores.events.appendEvents(events.map((event) => eventRecord(fleet, agent, event)));
  context.hub.publish(fleet.group.id, { type: 'events' });
}

/** The id comes from what it says: a report that is sent again adds nothing. */
function eventRecord(fleet: GroupFleet, agent: AgentRecord, event: HostEvent): EventRecord {
  const { hostId, replicaSetId, atMs, kind, message } = event;
  const parts = JSON.stringify([fleet.group.id, hostId, replicaSetId, atMs, kind, message]);
  const id = `e_${createHash('sha256').update(parts).digest('hex').slice(0, 24)}`;
  return { id, groupId: fleet.group.id, atMs, kind, message, subject: subjectOf(fleet, agent, event) };
}

function subjectOf(fleet: GroupFleet, agent: AgentRecord, { hostId, replicaSetId }: HostEvent): EventRecord['subject'] {
  const host = hostId === undefined ? undefined : fleet.hosts.get(hostId);
  if (host !== undefined) return { kind: 'host', id: host.id, label: host.host };
  const set = replicaSetId === undefined ? undefined : fleet.sets.get(replicaSetId);
  if (set !== undefined) return { kind: 'set', id: set.report.replicaSetId, label: set.report.name };
  return { kind: 'agent', id: agent.id, label: agent.hostname };
}
