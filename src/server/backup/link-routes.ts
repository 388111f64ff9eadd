import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { timestampText } from '../../model/optime.ts';
import { bucketsPrefix } from '../../query/series/series-fields.ts';
import { AppError, toAppError } from '../../runtime/errors.ts';
import type { AuditAction } from '../../wire/api/audit-actions.ts';
import {
  newRestoreLinkAnswer,
  type RestoreLinkRequest,
  restoreLink,
  restoreLinkRequest,
} from '../../wire/api/backup-reading.ts';
import { selectionDetail } from '../audit/query-detail.ts';
import { setSubject } from '../audit/subjects.ts';
import { type AuditEntry, type AuditSource, audit } from '../audit.ts';
import { securityHeaders } from '../http/security-headers.ts';
import type { ServerApp } from '../http/server-app.ts';
import type { Backups } from './backups.ts';
import { whenWords } from './moment-words.ts';
import { type LinkRecord, linkAtMs, startMs } from './restore-links.ts';
import { sendStream } from './send-stream.ts';
import { keptOf } from './set-book.ts';
import { setOf, setParams } from './set-routes.ts';
import { sourceVersionOf } from './source-version.ts';
import type { OpenView } from './view-book.ts';

const linkParams = setParams.extend({ linkId: z.string().max(100) });
const tokenParams = z.object({ token: z.string().max(200), fileName: z.string().max(300) });
const endings = { archive: 'archive.gz', tar: 'tar.gz' } as const;

/** Restore links: made, listed, revoked. */
export function restoreLinkRoutes(app: ServerApp, backups: Backups): void {
  app.route({
    method: 'GET',
    url: '/groups/:groupId/backups/:setId/restore-links',
    config: { access: 'group.read' },
    schema: { params: setParams, response: { 200: z.array(restoreLink) } },
    handler: async ({ params }) => {
      await setOf(backups, params);
      return backups.links.list(params.groupId, params.setId).map((link) => backups.links.viewOf(link));
    },
  });
  app.route({
    method: 'POST',
    url: '/groups/:groupId/backups/:setId/restore-links',
    config: { access: 'data.read' },
    schema: { params: setParams, body: restoreLinkRequest, response: { 201: newRestoreLinkAnswer } },
    handler: async ({ params, body, actor, ip }, reply) => {
      const { groupId } = params;
      const { format, namespaces, selection } = body;
      if (selection !== undefined && namespaces.length > 0) {
        throw new AppError('INPUT_INVALID', 'selection names its namespace: leave out namespaces', {
          details: { field: 'namespaces' },
        });
      }
      const set = await setOf(backups, params);
      keptOf(set);
      await backups.links.clean();
      const made = await makeLink(backups, { ...params, setName: set.name }, body);
      const { link, token } = made;
      await audit(
        backups.context,
        { actor, ip },
        {
          action: 'restoreLink.made',
          groupId,
          subject: setSubject(params.setId, set),
          detail: {
            link: link.id,
            moment: made.when,
            format,
            namespaces,
            ...selectionDetail(backups.context.box, selection),
          },
        },
      );
      backups.context.hub.publish(groupId, { type: 'backups' });
      const url = `${backups.context.address.publicUrl()}/restore/${token}/${fileName(link)}`;
      return reply.code(201).send({ link: backups.links.viewOf(link), url, command: commandFor(url, format) });
    },
  });
  revokeRoute(app, backups);
}

function revokeRoute(app: ServerApp, backups: Backups): void {
  app.route({
    method: 'DELETE',
    url: '/groups/:groupId/backups/:setId/restore-links/:linkId',
    config: { access: 'data.read' },
    schema: { params: linkParams, response: { 204: z.null() } },
    handler: async ({ params, actor, ip }, reply) => {
      const link = backups.links.get(params.groupId, params.setId, params.linkId);
      await backups.links.revoke(link);
      await audit(
        backups.context,
        { actor, ip },
        {
          action: 'restoreLink.revoked',
          groupId: params.groupId,
          subject: setSubject(link.replicaSetId, { name: link.setName }),
          detail: { link: link.id },
        },
      );
      backups.context.hub.publish(params.groupId, { type: 'backups' });
      return reply.code(204).send(null);
    },
  });
}

interface LinkPlace {
  readonly groupId: string;
  readonly setId: string;
  readonly setName: string;
}

/** The moment is held first: nothing of it goes between the look at it and the transfer. */
async function makeLink(backups: Backups, { groupId, setId, setName }: LinkPlace, request: RestoreLinkRequest) {
  const { format, namespaces, selection, ...moment } = request;
  const id = backups.links.newId();
  const expiresAtMs = backups.context.clock.now() + startMs;
  await backups.held.hold(id, groupId, setId, moment, expiresAtMs);
  try {
    const view = await backups.views.open(groupId, setId, moment, { selection });
    try {
      if (selection !== undefined) checkStreamable(selection.namespace, view);
      const contentBytes = view.view.collections.reduce((sum, one) => sum + one.contentBytes, 0);
      const { optime } = view.view;
      const parts = {
        id,
        groupId,
        replicaSetId: setId,
        setName,
        format,
        namespaces,
        optime,
        contentBytes,
        expiresAtMs,
      };
      const added = await backups.links.add({ ...parts, selection: selection ?? null });
      return { ...added, when: whenWords(view) };
    } finally {
      await backups.views.close(view);
    }
  } catch (thrown) {
    await backups.held.release(id);
    throw thrown;
  }
}

/** @throws INPUT_INVALID for measurements: mongorestore and mongodump know a time series as whole buckets. */
function checkStreamable(namespace: string, { view }: OpenView): void {
  if (!view.collections.some(({ info }) => info.name.startsWith(bucketsPrefix))) return;
  throw new AppError(
    'INPUT_INVALID',
    `chosen measurements of the time series ${namespace} cannot be streamed by a link`,
    {
      hint: 'leafward restore --filter writes them into a target; a link without a filter streams the whole series.',
      details: { field: 'selection' },
    },
  );
}

/** The line to copy. A pipe ends well only when both of its ends did. */
function commandFor(url: string, format: 'archive' | 'tar'): string {
  const reader =
    format === 'archive' ? 'mongorestore --archive --gzip --bypassDocumentValidation' : 'tar --extract --gzip';
  return `set -o pipefail; curl -fsS '${url}' | ${reader}`;
}

function fileName(link: LinkRecord): string {
  const { setName, format } = link;
  const when = new Date(linkAtMs(link)).toISOString().replace(/[-:]|\.\d+/g, '');
  const name = setName.replace(/[^A-Za-z0-9_-]+/g, '-').slice(0, 60);
  return `${name}-${when}.${endings[format]}`;
}

/** `/restore/TOKEN/NAME`: whoever has the address has the data, once. */
export function restoreStreamRoute(app: ServerApp, backups: Backups): void {
  app.route({
    method: 'GET',
    url: '/restore/:token/:fileName',
    exposeHeadRoute: false,
    config: { access: 'public', quiet: true },
    schema: { params: tokenParams },
    handler: async (request, reply) => {
      const { link, signal } = await backups.links.begin(request.params.token);
      await transfer(backups, link, AbortSignal.any([signal, backups.context.signal]), reply, request.ip);
    },
  });
}

async function transfer(
  backups: Backups,
  link: LinkRecord,
  signal: AbortSignal,
  reply: FastifyReply,
  from: string,
): Promise<void> {
  const { context, links, views } = backups;
  const { groupId } = link;
  const source: AuditSource = { actor: { kind: 'link', id: link.id, name: 'restore link' }, ip: from };
  const subject = setSubject(link.replicaSetId, { name: link.setName });
  const noted = (action: AuditAction, detail: AuditEntry['detail'] = {}): Promise<void> =>
    audit(context, source, { action, groupId, subject, detail: { attempt: link.attempts, ...detail } });
  let outcome: AppError | null = new AppError('INTERNAL', 'the transfer did not begin');
  let view: OpenView | undefined;
  try {
    await noted('restoreLink.started');
    const optime = timestampText(link.optime.ts);
    view = await views.open(groupId, link.replicaSetId, { optime }, { selection: link.selection ?? undefined });
    const read = views.source(view, await sourceVersionOf(backups, groupId, link.replicaSetId));
    const { format, namespaces } = link;
    const pieces = (until: AbortSignal) => backups.stream({ source: read, format, namespaces, signal: until });
    reply.hijack();
    reply.raw.writeHead(200, {
      ...securityHeaders(reply.request.protocol === 'https'),
      'content-type': 'application/gzip',
      'content-disposition': `attachment; filename="${fileName(link)}"`,
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
    });
    const onSent = (bytes: number): void => {
      link.sentBytes += bytes;
      context.hub.publish(groupId, { type: 'backups' });
    };
    await sendStream(reply.raw, { pieces, signal, onSent });
    outcome = null;
  } catch (thrown) {
    outcome = toAppError(thrown);
    if (!reply.sent) throw thrown;
    context.log.warn('a restore transfer was cut off', { link: link.id, code: outcome.code, reason: outcome.message });
  } finally {
    if (view !== undefined) await views.close(view);
    await links.finish(link, outcome === null);
    const { sentBytes } = link;
    if (outcome === null) await noted('restoreLink.downloaded', { sentBytes });
    else await noted('restoreLink.failed', { sentBytes, reason: outcome.message });
    context.hub.publish(groupId, { type: 'backups' });
  }
}
