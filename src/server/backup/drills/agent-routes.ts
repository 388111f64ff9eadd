import { z } from 'zod';
import { viewAnswer } from '../../../wire/api/backup-reading.ts';
import {
  drillChunksQuery,
  drillProgressRequest,
  drillResultRequest,
  drillViewRequest,
} from '../../../wire/backup-messages.ts';
import { agentRoutes as paths } from '../../../wire/protocol.ts';
import { viewChunkLimits } from '../../../wire/view-chunks.ts';
import type { ServerApp } from '../../http/server-app.ts';
import type { BodyReader } from '../../ingest/body.ts';
import { knownBackupAgent } from '../agent-request.ts';
import type { Backups } from '../backups.ts';
import { sendChunks } from '../send-chunks.ts';
import { sourceVersionOf } from '../source-version.ts';
import { viewAnswerOf } from '../view-answer.ts';

const done = z.object({ ok: z.literal(true) });

/** What the agent that runs a drill reads, how far it is, and how it ended. It need not be the one that has the set. */
export function drillAgentRoutes(app: ServerApp, backups: Backups, bodies: BodyReader): void {
  const { drills, views } = backups;
  app.route({
    method: 'POST',
    url: paths.drillView,
    config: { access: 'agent' },
    schema: { response: { 200: viewAnswer } },
    handler: async (request) => {
      const { fleet, agent } = await knownBackupAgent(backups, request);
      const message = await bodies.json(request, drillViewRequest);
      const groupId = fleet.group.id;
      const view = drills.view(groupId, agent.id, message);
      const version = await sourceVersionOf(backups, groupId, message.replicaSetId);
      return viewAnswerOf(view, version);
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
      const { viewId } = drills.view(fleet.group.id, agent.id, query);
      const after = query.after === undefined ? null : Buffer.from(query.after, 'base64url');
      // Asked for by its id, it stays open.
      const view = views.get(fleet.group.id, query.replicaSetId, viewId);
      const maxBytes = Math.min(query.maxBytes, viewChunkLimits.mostBytes);
      const chunks = await views.read(view, query.uuid, after, maxBytes, backups.context.signal);
      return sendChunks(reply, chunks, query.tellEnd !== undefined);
    },
  });
  app.route({
    method: 'POST',
    url: paths.drillProgress,
    config: { access: 'agent' },
    schema: { response: { 200: done } },
    handler: async (request) => {
      const { fleet, agent } = await knownBackupAgent(backups, request);
      drills.note(fleet.group.id, agent.id, await bodies.json(request, drillProgressRequest));
      return { ok: true } as const;
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
      drills.end(fleet.group.id, agent.id, message);
      return { ok: true } as const;
    },
  });
}
