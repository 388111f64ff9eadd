import { z } from 'zod';
import {
  answersRequest,
  helloAnswer,
  helloRequest,
  reportRequest,
  samplesAnswer,
  settingsAnswer,
} from '../../wire/agent-messages.ts';
import { agentRoutes as paths } from '../../wire/protocol.ts';
import { ClockSkew } from '../agents/clock-skew.ts';
import type { Leases } from '../agents/leases.ts';
import type { ServerContext } from '../context.ts';
import type { ServerApp } from '../http/server-app.ts';
import { checkProtocol, knownAgent } from './agent-request.ts';
import { BodyReader, takeRawBodies } from './body.ts';
import { takeHello } from './hello.ts';
import { takeReport } from './report.ts';
import { takeSamples } from './samples.ts';
import { answerSettings } from './settings.ts';

const longestWaitSeconds = 30;
const settingsQuery = z.object({
  version: z.coerce.number().int(),
  waitSeconds: z.coerce.number().min(0).max(longestWaitSeconds).default(0),
});
const done = z.object({ ok: z.literal(true) });

/** The agent protocol: one route per message, all of them admitted by an agent key. */
export function ingestRoutes(app: ServerApp, context: ServerContext, leases: Leases): void {
  takeRawBodies(app);
  app.addHook('preHandler', async (request) => checkProtocol(request));
  const bodies = new BodyReader();
  const skew = new ClockSkew();
  app.route({
    method: 'POST',
    url: paths.hello,
    config: { access: 'agent' },
    schema: { response: { 200: helloAnswer } },
    handler: async (request) => takeHello(context, request, await bodies.json(request, helloRequest)),
  });
  app.route({
    method: 'GET',
    url: paths.settings,
    config: { access: 'agent' },
    schema: { querystring: settingsQuery, response: { 200: settingsAnswer } },
    serializerCompiler: () => JSON.stringify,
    handler: async (request, reply) => {
      const gone = new AbortController();
      reply.raw.on('close', () => gone.abort());
      return answerSettings(context, leases, request, request.query, gone.signal);
    },
  });
  app.route({
    method: 'POST',
    url: paths.samples,
    config: { access: 'agent' },
    schema: { response: { 200: samplesAnswer } },
    handler: async (request) => {
      const known = await knownAgent(context, request);
      return bodies.withBytes(request, (bytes) => takeSamples({ context, leases, skew }, request, known, bytes));
    },
  });
  app.route({
    method: 'POST',
    url: paths.report,
    config: { access: 'agent' },
    schema: { response: { 200: done } },
    handler: async (request) => {
      const { fleet, agent } = await knownAgent(context, request);
      await takeReport(context, leases, fleet, agent, await bodies.json(request, reportRequest));
      return { ok: true as const };
    },
  });
  app.route({
    method: 'POST',
    url: paths.answers,
    config: { access: 'agent' },
    schema: { response: { 200: done } },
    handler: async (request) => {
      const { fleet } = await knownAgent(context, request);
      const answers = await bodies.json(request, answersRequest);
      if (context.work.answer(fleet.group.id, answers)) {
        context.hub.publish(fleet.group.id, { type: 'doctor', orderId: answers.orderId });
      }
      return { ok: true as const };
    },
  });
}
