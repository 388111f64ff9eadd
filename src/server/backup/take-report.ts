import type { FastifyRequest } from 'fastify';
import type { BackupReportRequest } from '../../wire/backup-messages.ts';
import { agentHeaders } from '../../wire/protocol.ts';
import type { GroupFleet } from '../fleet/fleet.ts';
import { header } from '../ingest/agent-request.ts';
import type { AgentRecord } from '../ports.ts';
import type { Backups } from './backups.ts';
import type { TaskReport } from './report-book.ts';

/** Notes how an agent and its sets do. Of sets that it has lost meanwhile nothing is taken. */
export async function takeReport(
  backups: Backups,
  request: FastifyRequest,
  { fleet, agent }: { readonly fleet: GroupFleet; readonly agent: AgentRecord },
  report: BackupReportRequest,
): Promise<void> {
  const groupId = fleet.group.id;
  const now = backups.context.clock.now();
  const { cpuPercent, rssBytes, startedAtMs, sentBytes = null } = report.agent;
  const work = { sentBytes, polls: null, failedPolls: null };
  fleet.noteAgent({ ...(fleet.agents.get(agent.id) ?? agent), cpuPercent, rssBytes, startedAtMs, work });
  backups.drills.noteTarget(groupId, agent.id, report.agent.drillTarget ?? null);
  const sentAtMs = Number(header(request, agentHeaders.sentAt) ?? Number.NaN);
  const skewMs = Number.isFinite(sentAtMs) ? now - sentAtMs : 0;
  const held = new Set(await backups.leases.heldBy(groupId, agent.id));
  for (const task of report.tasks) {
    if (!held.has(task.replicaSetId)) continue;
    backups.reports.note(groupId, { agentId: agent.id, atMs: now, skewMs, task });
    await noteLost(backups, groupId, task);
  }
  backups.context.hub.publish(groupId, { type: 'agents' });
  backups.context.hub.publish(groupId, { type: 'backups' });
}

/** The place in the oplog is gone: written down, so that it is known also after the agent is gone. */
async function noteLost(
  backups: Backups,
  groupId: string,
  { replicaSetId, state, problem }: TaskReport,
): Promise<void> {
  if (state !== 'lost') return;
  const kept = await backups.vault.set(groupId, replicaSetId);
  if (kept === undefined || kept.lost !== null || kept.standing !== 'active') return;
  // Asked to begin anew already: what the agent says is from before it heard of that.
  if (kept.scan !== null && kept.scan.from === null) return;
  const { code = 'PLACE_LOST', message = 'the place in the oplog is lost' } = problem ?? {};
  await backups.vault.markLost(groupId, replicaSetId, code, message);
  backups.changed(groupId);
}
