import type { FastifyRequest } from 'fastify';
import type { BackupTask, BackupTasksAnswer } from '../../wire/backup-messages.ts';
import { agentHeaders } from '../../wire/protocol.ts';
import { agentActor } from '../access/actor.ts';
import { header } from '../ingest/agent-request.ts';
import { checkStillAdmitted } from '../ingest/settings.ts';
import { checkBackupKey, knownBackupAgent } from './agent-request.ts';
import type { Backups } from './backups.ts';
import { setLeaseMs } from './set-leases.ts';
import { tasksOf, tasksVersion } from './tasks.ts';

/** The long poll renews the leases when it comes, so it must come back well before they end. */
const longestWaitMs = setLeaseMs / 2;
/** What the vault begins by itself (a scan of what was renamed in) and what monitoring discovers is seen so soon. */
const lookAgainMs = 1000;
/** zstd: a tenth less space than level 1. */
const compressionLevel = 4;

/** Answers at once when the tasks are others than those of the version; else after the wait. */
export async function answerTasks(
  backups: Backups,
  request: FastifyRequest,
  query: { readonly version: number; readonly waitSeconds: number },
  gone: AbortSignal,
): Promise<BackupTasksAnswer> {
  if (header(request, agentHeaders.instance) === undefined) return answerVisitor(backups, request);
  const { context } = backups;
  const { fleet, agent } = await knownBackupAgent(backups, request);
  const groupId = fleet.group.id;
  const signal = AbortSignal.any([gone, context.signal]);
  const endMs = performance.now() + Math.min(query.waitSeconds * 1000, longestWaitMs);
  let assigned = await backups.assign(fleet, agent);
  const drills = () => backups.drills.tasksOf(groupId, agent.id);
  const version = (): number => tasksVersion(fleet, fleet.agents.get(agent.id) ?? agent, assigned, drills());
  while (version() === query.version && performance.now() < endMs && !signal.aborted) {
    await backups.waiters.wait(groupId, Math.min(lookAgainMs, endMs - performance.now()), signal);
    if (signal.aborted) break;
    await checkStillAdmitted(context, request);
    assigned = await backups.assign(fleet, agent);
  }
  return {
    version: version(),
    leaseMs: setLeaseMs,
    blockKey: (await backups.vault.blockKey(groupId)).toString('base64'),
    compressionLevel,
    tasks: await withParts(
      backups,
      groupId,
      tasksOf(fleet, fleet.agents.get(agent.id) ?? agent, context.box, assigned),
    ),
    drills: drills(),
  };
}

/** Where a scan that is planned goes on. */
async function withParts(backups: Backups, groupId: string, tasks: readonly BackupTask[]): Promise<BackupTask[]> {
  return Promise.all(
    tasks.map(async (task) => {
      if (task.scan?.planned !== true) return task;
      return { ...task, scan: await backups.vault.scanState(groupId, task.replicaSetId) };
    }),
  );
}

/**
 * A short command (doctor) that has a key and maybe the identity of an agent that runs meanwhile: it sees every set that is backed up
 * and its members, but gets no lease, makes no agent and does not let a dead one look alive. Epoch 0 admits nothing.
 */
async function answerVisitor(backups: Backups, request: FastifyRequest): Promise<BackupTasksAnswer> {
  const { context } = backups;
  checkBackupKey(request);
  const fleet = await context.fleet.group(agentActor(request.actor).group.id);
  const agent = fleet.agents.get(header(request, agentHeaders.agent) ?? '');
  const active = (await backups.sets.all(fleet)).filter(({ kept }) => kept?.standing === 'active');
  return {
    version: 0,
    leaseMs: 0,
    blockKey: '',
    compressionLevel,
    tasks: tasksOf(
      fleet,
      agent,
      context.box,
      active.map((set) => ({ set, epoch: 0 })),
    ),
    drills: [],
  };
}
