import type { FastifyRequest } from 'fastify';
import { AppError } from '../../runtime/errors.ts';
import { agentActor } from '../access/actor.ts';
import type { GroupFleet } from '../fleet/fleet.ts';
import { knownAgent } from '../ingest/agent-request.ts';
import type { AgentRecord } from '../ports.ts';
import type { Backups } from './backups.ts';

/** The backup agent that sends a request after its hello; its leases are renewed. @throws KEY_REFUSED, and as knownAgent does */
export async function knownBackupAgent(
  backups: Backups,
  request: FastifyRequest,
): Promise<{ fleet: GroupFleet; agent: AgentRecord }> {
  checkBackupKey(request);
  const known = await knownAgent(backups.context, request);
  if (known.agent.kind !== 'backup') throw new AppError('KEY_REFUSED', `${known.agent.id} is no backup agent`);
  await backups.leases.heard(known.fleet.group.id, known.agent.id);
  return known;
}

/** @throws KEY_REFUSED */
export function checkBackupKey(request: FastifyRequest): void {
  const { key } = agentActor(request.actor);
  if (key.scope === 'monitoring') {
    throw new AppError('KEY_REFUSED', `the agent key "${key.name}" is for monitoring agents`, {
      hint: 'Make a key for backup agents under Settings > Agent keys.',
    });
  }
}
