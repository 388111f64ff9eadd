import { z } from 'zod';
import { AppError } from '../../runtime/errors.ts';
import { agent, agentsAnswer } from '../../wire/api/deployment.ts';
import { agentView } from '../agents/agent-view.ts';
import { agentSubject } from '../audit/subjects.ts';
import { audit } from '../audit.ts';
import type { ServerContext } from '../context.ts';
import type { ServerApp } from '../http/server-app.ts';

const groupParams = z.object({ groupId: z.string() });
const agentParams = z.object({ groupId: z.string(), agentId: z.string() });

/** Agents as they were last heard of; an owner approves those that may receive passwords. */
export function agentRoutes(app: ServerApp, context: ServerContext): void {
  app.route({
    method: 'GET',
    url: '/groups/:groupId/agents',
    config: { access: 'group.read' },
    schema: { params: groupParams, response: { 200: agentsAnswer } },
    handler: async (request) => {
      const fleet = await context.fleet.group(request.params.groupId);
      return Promise.all([...fleet.agents.values()].map((record) => agentView(context, fleet, record)));
    },
  });
  app.route({
    method: 'POST',
    url: '/groups/:groupId/agents/:agentId/approve',
    config: { access: 'group.own' },
    schema: { params: agentParams, response: { 200: agent } },
    handler: async (request) => {
      const fleet = await context.fleet.group(request.params.groupId);
      const approved = { ...fleet.agent(request.params.agentId), approved: true };
      await fleet.saveAgent(approved);
      context.work.settingsChanged(fleet.group.id);
      context.hub.publish(fleet.group.id, { type: 'agents' });
      await audit(context, request, {
        action: 'agent.approved',
        groupId: fleet.group.id,
        subject: agentSubject(approved),
      });
      return agentView(context, fleet, approved);
    },
  });
  app.route({
    method: 'DELETE',
    url: '/groups/:groupId/agents/:agentId',
    config: { access: 'monitoring.write' },
    schema: { params: agentParams, response: { 204: z.null() } },
    handler: async (request, reply) => {
      const fleet = await context.fleet.group(request.params.groupId);
      const record = fleet.agent(request.params.agentId);
      const view = await agentView(context, fleet, record);
      if (view.role !== 'lost') {
        throw new AppError('CONFLICT', `the agent on ${record.hostname} still runs`, {
          hint: 'Stop it first, or revoke its key under Settings > Agent keys.',
        });
      }
      await fleet.removeAgent(record.id);
      await context.metrics.removeStream(fleet.group.id, record.id);
      context.hub.publish(fleet.group.id, { type: 'agents' });
      await audit(context, request, {
        action: 'agent.removed',
        groupId: fleet.group.id,
        subject: agentSubject(record),
      });
      return reply.code(204).send(null);
    },
  });
}
