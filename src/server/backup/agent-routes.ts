import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { openEnvelope } from '../../wire/backup-envelope.ts';
import {
  backupReportRequest,
  backupTasksAnswer,
  blocksAnswer,
  blocksHead,
  haveAnswer,
  haveRequest,
  scanBeginRequest,
  scanFinishRequest,
  scanPlanRequest,
  scanState,
  slicesAnswer,
  slicesHead,
} from '../../wire/backup-messages.ts';
import { bodyLimits, agentRoutes as paths } from '../../wire/protocol.ts';
import type { ServerApp } from '../http/server-app.ts';
import { checkProtocol } from '../ingest/agent-request.ts';
import { type BodyBounds, BodyReader, takeRawBodies } from '../ingest/body.ts';
import { knownBackupAgent } from './agent-request.ts';
import { answerTasks } from './answer-tasks.ts';
import type { Backups } from './backups.ts';
import { drillAgentRoutes } from './drills/agent-routes.ts';
import { takeReport } from './take-report.ts';

const bounds: BodyBounds = {
  bodyBytes: bodyLimits.envelopeBytes,
  allBodiesBytes: 4 * bodyLimits.envelopeBytes,
  atOnce: 3,
  work: 'storing backups',
};
const tasksQuery = z.object({
  version: z.coerce.number().int(),
  waitSeconds: z.coerce.number().min(0).max(30).default(0),
});
const done = z.object({ ok: z.literal(true) });
const ok = { ok: true } as const;

/** What backup agents say and send, one route per message. */
export function backupAgentRoutes(app: ServerApp, backups: Backups): void {
  takeRawBodies(app, bounds);
  app.addHook('preHandler', async (request) => checkProtocol(request));
  const bodies = new BodyReader(bounds);
  app.route({
    method: 'GET',
    url: paths.backupTasks,
    config: { access: 'agent' },
    schema: { querystring: tasksQuery, response: { 200: backupTasksAnswer } },
    serializerCompiler: () => JSON.stringify,
    handler: async (request, reply) => {
      const gone = new AbortController();
      reply.raw.on('close', () => gone.abort());
      return answerTasks(backups, request, request.query, gone.signal);
    },
  });
  app.route({
    method: 'POST',
    url: paths.backupReport,
    config: { access: 'agent' },
    schema: { response: { 200: done } },
    handler: async (request) => {
      const { fleet, agent } = await knownBackupAgent(backups, request);
      await takeReport(backups, request, { fleet, agent }, await bodies.json(request, backupReportRequest));
      return ok;
    },
  });
  app.route({
    method: 'POST',
    url: paths.backupLeave,
    config: { access: 'agent' },
    schema: { response: { 200: done } },
    handler: async (request) => {
      const { fleet, agent } = await knownBackupAgent(backups, request);
      await backups.leases.leave(fleet.group.id, agent.id);
      backups.drills.left(fleet.group.id, agent.id);
      backups.changed(fleet.group.id);
      return ok;
    },
  });
  scanRoutes(app, backups, bodies);
  envelopeRoutes(app, backups, bodies);
  drillAgentRoutes(app, backups, bodies);
}

function scanRoutes(app: ServerApp, backups: Backups, bodies: BodyReader): void {
  const { vault } = backups;
  /** Admits the agent and its epoch, then does the work. */
  const checked = <T extends { readonly replicaSetId: string; readonly epoch: number }, A>(
    schema: z.ZodType<T>,
    work: (groupId: string, message: T) => Promise<A>,
  ) => {
    return async (request: FastifyRequest): Promise<A> => {
      const { fleet, agent } = await knownBackupAgent(backups, request);
      const message = await bodies.json(request, schema);
      await backups.leases.check(fleet.group.id, message.replicaSetId, agent.id, message.epoch);
      return work(fleet.group.id, message);
    };
  };
  const changing = <T, A>(work: (groupId: string, message: T) => Promise<A>) => {
    return async (groupId: string, message: T): Promise<A> => {
      const answer = await work(groupId, message);
      backups.changed(groupId);
      return answer;
    };
  };
  const route = { method: 'POST', config: { access: 'agent' } } as const;
  app.route({
    ...route,
    url: paths.scanBegin,
    schema: { response: { 200: scanState } },
    handler: checked(
      scanBeginRequest,
      changing((groupId, message) => vault.beginScan(groupId, message)),
    ),
  });
  app.route({
    ...route,
    url: paths.scanPlan,
    schema: { response: { 200: scanState } },
    handler: checked(
      scanPlanRequest,
      changing((groupId, message) => vault.planScan(groupId, message)),
    ),
  });
  app.route({
    ...route,
    url: paths.scanFinish,
    schema: { response: { 200: done } },
    handler: checked(
      scanFinishRequest,
      changing(async (groupId, message) => {
        await vault.finishScan(groupId, message);
        return ok;
      }),
    ),
  });
  app.route({
    ...route,
    url: paths.scanHave,
    schema: { response: { 200: haveAnswer } },
    handler: checked(haveRequest, async (groupId, message) => ({ have: [...(await vault.have(groupId, message))] })),
  });
}

/** A place among those at work is held until the bytes are durable: what comes meanwhile waits, or is asked to come again. */
function envelopeRoutes(app: ServerApp, backups: Backups, bodies: BodyReader): void {
  const { vault, context } = backups;
  app.route({
    method: 'POST',
    url: paths.scanBlocks,
    bodyLimit: bodyLimits.envelopeBytes,
    config: { access: 'agent' },
    schema: { response: { 200: blocksAnswer } },
    handler: async (request) => {
      const { fleet, agent } = await knownBackupAgent(backups, request);
      const groupId = fleet.group.id;
      const answer = await bodies.withBytes(request, async (bytes) => {
        const { head, rest } = openEnvelope(bytes, blocksHead);
        await backups.leases.check(groupId, head.replicaSetId, agent.id, head.epoch);
        return vault.addBlocks(groupId, head, rest);
      });
      context.hub.publish(groupId, { type: 'backups' });
      return answer;
    },
  });
  app.route({
    method: 'POST',
    url: paths.slices,
    bodyLimit: bodyLimits.envelopeBytes,
    config: { access: 'agent' },
    schema: { response: { 200: slicesAnswer } },
    handler: async (request) => {
      const { fleet, agent } = await knownBackupAgent(backups, request);
      const groupId = fleet.group.id;
      return bodies.withBytes(request, async (bytes) => {
        const { head, rest } = openEnvelope(bytes, slicesHead);
        await backups.leases.check(groupId, head.replicaSetId, agent.id, head.epoch);
        return vault.appendSlices(groupId, head, rest);
      });
    },
  });
}
