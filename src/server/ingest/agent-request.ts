import type { FastifyRequest } from 'fastify';
import { AppError } from '../../runtime/errors.ts';
import { agentHeaders, protocolVersion } from '../../wire/protocol.ts';
import { agentActor } from '../access/actor.ts';
import { noteDuplicate, noteReturn } from '../agents/agent-life.ts';
import type { ServerBase } from '../context.ts';
import type { GroupFleet } from '../fleet/fleet.ts';
import { ifRoom } from '../if-room.ts';
import type { AgentRecord } from '../ports.ts';

/** Own minor version and the two before. */
const acceptedMinors = 3;
const touchEveryMs = 30_000;

/** @throws PROTOCOL_UNSUPPORTED naming both versions. */
export function checkProtocol(request: FastifyRequest): void {
  const sent = header(request, agentHeaders.protocol) ?? '';
  const match = /^(\d{1,4})\.(\d{1,4})$/.exec(sent);
  const { major, minor } = protocolVersion;
  const theirs = Number(match?.[2]);
  const accepted = match !== null && Number(match[1]) === major && theirs <= minor && theirs > minor - acceptedMinors;
  if (accepted) return;
  const newer = match !== null && (Number(match[1]) > major || (Number(match[1]) === major && theirs > minor));
  throw new AppError(
    'PROTOCOL_UNSUPPORTED',
    `the agent speaks protocol ${sent || '(none)'}, this server ${major}.${minor}`,
    {
      hint: newer ? 'Update the server.' : 'Update the agent: Settings > Download.',
    },
  );
}

/** The agent that sends a request after its hello; notes that it is alive. @throws NOT_FOUND, AGENT_DUPLICATE */
export async function knownAgent(
  context: ServerBase,
  request: FastifyRequest,
): Promise<{ fleet: GroupFleet; agent: AgentRecord }> {
  const { group, key } = agentActor(request.actor);
  const fleet = await context.fleet.group(group.id);
  const agentId = header(request, agentHeaders.agent) ?? '';
  const known = fleet.agents.get(agentId);
  if (known === undefined) {
    throw new AppError('NOT_FOUND', 'this server does not know the agent', {
      hint: 'The agent says hello again by itself.',
    });
  }
  const now = context.clock.now();
  const instance = header(request, agentHeaders.instance);
  if (instance !== undefined && instance !== known.instanceId) {
    await noteDuplicate(context, fleet, known);
    await ifRoom(fleet.saveAgent({ ...known, duplicateAtMs: now }));
    context.hub.publish(group.id, { type: 'agents' });
    throw new AppError('AGENT_DUPLICATE', `another process runs as ${agentId} (on ${known.hostname}) and came later`);
  }
  await noteReturn(context, fleet, known);
  const agent = { ...(fleet.agents.get(agentId) ?? known), keyId: key.id, lastSeenAtMs: now };
  // Written down coarsely: what counts is in memory, and a restart forgives half a minute.
  if (Math.floor(now / touchEveryMs) !== Math.floor(known.lastSeenAtMs / touchEveryMs)) {
    await ifRoom(fleet.saveAgent(agent));
  } else fleet.noteAgent(agent);
  return { fleet, agent };
}

export function header(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' ? value : undefined;
}
