import { z } from 'zod';
import { viewAnswer } from '../../../wire/api/backups.ts';
import { drillChunksQuery, drillResultRequest, drillViewRequest } from '../../../wire/backup-messages.ts';
import { agentRoutes as paths } from '../../../wire/protocol.ts';
import { encodeViewChunks, viewChunkLimits } from '../../../wire/view-chunks.ts';
import type { ServerApp } from '../../http/server-app.ts';
import type { BodyReader } from '../../ingest/body.ts';
import { knownBackupAgent } from '../agent-request.ts';
import type { Backups } from '../backups.ts';
import { sourceVersionOf } from '../source-version.ts';
import { viewAnswerOf } from '../view-answer.ts';

const done = z.object({ ok: z.literal(true) });

/** What the agent that runs a drill reads, and how it ended. */
export function drillAgentRoutes(app: ServerApp, backups: Backups, bodies: BodyReader): void {
  const { leases, drills, views } = backups;
  app.route({
    method: 'POST',
    url: paths.drillView,
    config: { access: 'agent' },
    schema: { response: { 200: viewAnswer } },
    handler: async (request) => {
      const { fleet, agent } = await knownBackupAgent(backups, request);
      const message = await bodies.json(request, drillViewRequest);
      const groupId = fleet.group.id;
      await leases.check(groupId, message.replicaSetId, agent.id, message.epoch);
      const version = await sourceVersionOf(backups, groupId, message.replicaSetId);
      return viewAnswerOf(drills.view(groupId, message), version);
    },
  });
  app.route({
    method: 'GET',
    url: paths.drillChunks,
    config: { access: 'agent' },
    schema: { querystring: drillChunksQuery },
    handler: async (request, reply) => {
      const { fleet, agent } = await knownBackupAgent(backups, request);
      const { query } = request;
      await leases.check(fleet.group.id, query.replicaSetId, agent.id, query.epoch);
      const { viewId } = drills.view(fleet.group.id, query);
      const after = query.after === undefined ? null : Buffer.from(query.after, 'base64url');
      // Asked for by its id, it stays open.
      const view = views.get(fleet.group.id, query.replicaSetId, viewId);
      const maxBytes = Math.min(query.maxBytes, viewChunkLimits.mostBytes);
      const chunks = await views.read(view, query.uuid, after, maxBytes, backups.context.signal);
      return reply.type('application/octet-stream').send(Buffer.concat(encodeViewChunks(chunks)));
    },
  });
  app.route({
    method: 'POST',
    url: paths.drillResult,
    config: { access: 'agent' },
    schema: { response: { 200: done } },
    handler: async (request) => {
      const { fleet, agent } = await knownBackupAgent(backups, request);
      const message = await bodies.json(request, drillResultRequest);
      await leases.check(fleet.group.id, message.replicaSetId, agent.id, message.epoch);
      drills.end(fleet.group.id, message);
      return { ok: true } as const;
    },
  });
}
