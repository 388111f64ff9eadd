import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import {
  type AuditFilter,
  auditActionsAnswer,
  auditAnswer,
  auditFilter,
  auditHead,
  auditQuery,
} from '../../wire/api/audit.ts';
import { auditActions } from '../../wire/api/audit-actions.ts';
import { audit } from '../audit.ts';
import type { ServerContext } from '../context.ts';
import type { ServerApp } from '../http/server-app.ts';
import { ExportRoom, sendExport } from './export.ts';

const jsonLines = { 'application/jsonl': 'An event a line, the oldest first.' };
const groupParams = z.object({ groupId: z.string() });

/** The audit log: of a group for its owners, of the whole instance for administrators. */
export function auditRoutes(app: ServerApp, context: ServerContext): void {
  const room = new ExportRoom();
  app.route({
    method: 'GET',
    url: '/groups/:groupId/audit',
    config: { access: 'group.own' },
    schema: { params: groupParams, querystring: auditQuery, response: { 200: auditAnswer } },
    handler: ({ params, query }) => page(context, params.groupId, query),
  });
  app.route({
    method: 'GET',
    url: '/groups/:groupId/audit.jsonl',
    config: { access: 'group.own', answers: jsonLines },
    schema: { params: groupParams, querystring: auditFilter },
    handler: (request, reply) => exported({ context, room, request, reply }, request.params.groupId, request.query),
  });
  app.route({
    method: 'GET',
    url: '/audit',
    config: { access: 'administrator' },
    schema: { querystring: auditQuery, response: { 200: auditAnswer } },
    handler: ({ query }) => page(context, null, query),
  });
  app.route({
    method: 'GET',
    url: '/audit.jsonl',
    config: { access: 'administrator', answers: jsonLines },
    schema: { querystring: auditFilter },
    handler: (request, reply) => exported({ context, room, request, reply }, null, request.query),
  });
  app.route({
    method: 'GET',
    url: '/audit/head',
    config: { access: 'administrator' },
    schema: { response: { 200: auditHead } },
    handler: () => context.stores.audit.head(),
  });
  app.route({
    method: 'GET',
    url: '/audit/actions',
    config: { access: 'user' },
    schema: { response: { 200: auditActionsAnswer } },
    handler: () => Object.entries(auditActions).map(([action, meaning]) => ({ action, meaning })),
  });
}

async function page({ stores }: ServerContext, groupId: string | null, query: z.infer<typeof auditQuery>) {
  const { before, limit, ...filter } = query;
  const { events, nextBefore } = await stores.audit.page({ groupId, filter }, { before: before ?? null, limit });
  return { events: [...events], nextBefore };
}

interface Exporting {
  readonly context: ServerContext;
  readonly room: ExportRoom;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

async function exported(
  { context, room, request, reply }: Exporting,
  groupId: string | null,
  filter: AuditFilter,
): Promise<void> {
  using _place = room.take();
  const subject = groupId === null ? {} : { subject: { kind: 'group', id: groupId, label: groupId } };
  await audit(context, request, { action: 'audit.exported', groupId, ...subject, detail: filter });
  await sendExport(context, reply, { groupId, filter });
}
