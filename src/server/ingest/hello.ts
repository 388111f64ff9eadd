import type { FastifyRequest } from 'fastify';
import { buildInfo } from '../../runtime/build-info.ts';
import { AppError } from '../../runtime/errors.ts';
import type { HelloAnswer, HelloRequest } from '../../wire/agent-messages.ts';
import { type AgentActor, agentActor } from '../access/actor.ts';
import { noteNew, noteReturn } from '../agents/agent-life.ts';
import { agentSubject } from '../audit/subjects.ts';
import { audit } from '../audit.ts';
import type { ServerContext } from '../context.ts';
import { ifRoom } from '../if-room.ts';
import type { AgentRecord } from '../ports.ts';

const agentsPerGroup = 1000;

/** An agent process says who it is. A known agent keeps its approval only under the same public key. */
export async function takeHello(
  context: ServerContext,
  request: FastifyRequest,
  hello: HelloRequest,
): Promise<HelloAnswer> {
  const actor = agentActor(request.actor);
  checkScope(actor, hello);
  const fleet = await context.fleet.group(actor.group.id);
  const known = fleet.agents.get(hello.agentId);
  if (known === undefined && fleet.agents.size >= agentsPerGroup) {
    throw new AppError('CONFLICT', `a group holds at most ${agentsPerGroup} agents`, {
      hint: 'Remove lost agents on the Agents page.',
    });
  }
  if (Buffer.from(hello.publicKey, 'base64').length !== 32) {
    throw new AppError('INPUT_INVALID', 'publicKey: expected 32 bytes as base64', { details: { field: 'publicKey' } });
  }
  const agent = agentOf(context, actor, hello, known);
  if (known !== undefined) await noteReturn(context, fleet, known);
  if (known === undefined) await fleet.saveAgent(agent);
  else await ifRoom(fleet.saveAgent(agent));
  if (known === undefined) {
    await noteNew(context, fleet, agent);
    const detail = { kind: agent.kind, version: agent.version, approved: agent.approved };
    const groupId = fleet.group.id;
    await audit(context, request, { action: 'agent.joined', groupId, subject: agentSubject(agent), detail });
  }
  if (actor.key.sealed) {
    await context.stores.keys.unsealAgentKey(actor.key.id);
    context.hub.publish(fleet.group.id, { type: 'downloads' });
  }
  if (known === undefined || known.instanceId !== hello.instanceId) {
    context.log.info('agent said hello', { group: fleet.group.id, agent: agent.id, hostname: agent.hostname });
  }
  context.hub.publish(fleet.group.id, { type: 'agents' });
  return { serverVersion: buildInfo.version, serverTimeMs: context.clock.now(), approved: agent.approved };
}

function checkScope({ key }: AgentActor, { kind }: HelloRequest): void {
  if (key.scope === 'both' || key.scope === kind) return;
  throw new AppError('KEY_REFUSED', `the agent key "${key.name}" is for ${key.scope} agents, this is a ${kind} agent`, {
    hint: `Make a key for ${kind} agents under Settings > Agent keys.`,
  });
}

function agentOf(
  context: ServerContext,
  actor: AgentActor,
  hello: HelloRequest,
  known: AgentRecord | undefined,
): AgentRecord {
  const now = context.clock.now();
  const sameKey = known?.publicKey === hello.publicKey;
  return {
    id: hello.agentId,
    groupId: actor.group.id,
    kind: hello.kind,
    keyId: actor.key.id,
    instanceId: hello.instanceId,
    hostname: hello.hostname,
    version: hello.version,
    target: hello.target,
    publicKey: hello.publicKey,
    approved: context.approveAgents || (sameKey && known.approved),
    firstSeenAtMs: known?.firstSeenAtMs ?? now,
    lastSeenAtMs: now,
    startedAtMs: known?.instanceId === hello.instanceId ? known.startedAtMs : now,
    duplicateAtMs: known?.duplicateAtMs ?? null,
    cpuPercent: known?.cpuPercent ?? null,
    rssBytes: known?.rssBytes ?? null,
    outboxSamples: known?.outboxSamples ?? null,
    outboxBytes: known?.outboxBytes ?? null,
  };
}
