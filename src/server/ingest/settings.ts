import type { FastifyRequest } from 'fastify';
import { AppError } from '../../runtime/errors.ts';
import type { SettingsAnswer } from '../../wire/agent-messages.ts';
import { agentHeaders } from '../../wire/protocol.ts';
import { agentActor } from '../access/actor.ts';
import { type Leases, leaseMs } from '../agents/leases.ts';
import type { ServerBase, ServerContext } from '../context.ts';
import { targetsFor } from '../fleet/targets.ts';
import { header, knownAgent } from './agent-request.ts';

/** The active agent's long poll renews its lease, so it must come back well before that ends. */
const activeWaitMs = leaseMs / 2;

/** Answers at once when the version differs, an order waits or the agent's role changes; else after the wait. */
export async function answerSettings(
  context: ServerContext,
  leases: Leases,
  request: FastifyRequest,
  query: { readonly version: number; readonly waitSeconds: number },
  gone: AbortSignal,
): Promise<SettingsAnswer> {
  if (header(request, agentHeaders.instance) === undefined) return answerVisitor(context, leases, request);
  const { fleet, agent } = await knownAgent(context, request);
  const groupId = fleet.group.id;
  const deadline = context.clock.now() + query.waitSeconds * 1000;
  const signal = AbortSignal.any([gone, context.signal]);
  let claim = await leases.claim(groupId, agent.kind, agent.id);
  const firstDeadline = claim.active ? Math.min(deadline, context.clock.now() + activeWaitMs) : deadline;
  while (!signal.aborted) {
    const now = context.clock.now();
    const isNews = context.work.version(groupId) !== query.version || leases.isNews(agent.instanceId, claim);
    const hasOrders = claim.active && context.work.hasOrders(groupId);
    if (isNews || hasOrders || now >= firstDeadline) break;
    // A standby looks again when the other's lease ends.
    const untilMs = claim.active ? firstDeadline : Math.min(firstDeadline, claim.lease.expiresAtMs + 50);
    await context.work.wait(groupId, Math.max(10, untilMs - now), signal);
    if (signal.aborted) break;
    await checkStillAdmitted(context, request);
    claim = await leases.claim(groupId, agent.kind, agent.id);
  }
  const { group } = fleet;
  leases.told(agent.instanceId, claim);
  return {
    version: context.work.version(groupId),
    role: claim.active ? 'active' : 'standby',
    epoch: claim.lease.epoch,
    leaseMs: Math.max(0, Math.round(claim.lease.expiresAtMs - context.clock.now())),
    intervalMs: group.intervalMs,
    collectDatabases: group.collectDatabases,
    collectCollections: group.collectCollections,
    targets: targetsFor(fleet, fleet.agents.get(agent.id) ?? agent, context.box),
    orders: claim.active && !signal.aborted ? context.work.takeOrders(groupId) : [],
  };
}

/**
 * A short command (doctor) that has a key and maybe the identity of an agent that runs meanwhile: it sees the targets, but
 * holds no lease, takes no orders, makes no agent and does not let a dead one look alive.
 */
async function answerVisitor(context: ServerContext, leases: Leases, request: FastifyRequest): Promise<SettingsAnswer> {
  const fleet = await context.fleet.group(agentActor(request.actor).group.id);
  const { group } = fleet;
  const agent = fleet.agents.get(header(request, agentHeaders.agent) ?? '');
  const lease = await leases.current(group.id, agent?.kind ?? 'monitoring');
  return {
    version: context.work.version(group.id),
    role: 'standby',
    epoch: lease?.epoch ?? 0,
    leaseMs: 0,
    intervalMs: group.intervalMs,
    collectDatabases: group.collectDatabases,
    collectCollections: group.collectCollections,
    targets: targetsFor(fleet, agent, context.box),
    orders: [],
  };
}

/** The key may have been revoked while the agent waited. */
export async function checkStillAdmitted(context: ServerBase, request: FastifyRequest): Promise<void> {
  const { key } = agentActor(request.actor);
  const now = await context.stores.keys.agentKey(key.id);
  if (now === undefined || now.revokedAtMs !== null) {
    throw new AppError('KEY_REFUSED', `the agent key "${key.name}" was revoked`);
  }
}
