import { z } from 'zod';
import { AppError } from '../../runtime/errors.ts';
import { viewAnswer, viewRequest } from '../../wire/api/backup-reading.ts';
import { viewChunkLimits } from '../../wire/view-chunks.ts';
import { selectionDetail } from '../audit/query-detail.ts';
import { setSubject } from '../audit/subjects.ts';
import { audit } from '../audit.ts';
import type { ServerApp } from '../http/server-app.ts';
import { ifRoom } from '../if-room.ts';
import type { Backups } from './backups.ts';
import { whenWords } from './moment-words.ts';
import { sendChunks } from './send-chunks.ts';
import { setOf, setParams } from './set-routes.ts';
import { sourceVersionOf } from './source-version.ts';
import { viewAnswerOf } from './view-answer.ts';

const viewParams = setParams.extend({ viewId: z.string().max(100) });
const chunkParams = viewParams.extend({ uuid: z.string().max(100) });
const chunkQuery = z.object({
  /** Last key of the answer before, base64url. */
  after: z
    .string()
    .regex(/^[A-Za-z0-9_-]{0,4000}$/)
    .optional(),
  maxBytes: z.coerce.number().int().min(1).max(viewChunkLimits.mostBytes).default(viewChunkLimits.defaultBytes),
  /** An answer that holds the collection's end says so. */
  tellEnd: z.literal('true').optional(),
});

/** A set as it was at a moment, read collection by collection: what restores are made from. */
export function viewRoutes(app: ServerApp, backups: Backups): void {
  app.route({
    method: 'POST',
    url: '/groups/:groupId/backups/:setId/views',
    config: { access: 'data.read' },
    schema: { params: setParams, body: viewRequest, response: { 201: viewAnswer } },
    handler: async ({ params, body, actor, ip }, reply) => {
      const { groupId, setId } = params;
      const { context } = backups;
      const set = await setOf(backups, params);
      const { selection, nearby, ...moment } = body;
      const subject = setSubject(setId, set);
      const view = await backups.views.open(groupId, setId, moment, {
        selection,
        isHeld: true,
        packed: nearby !== true,
        onClosed: ({ viewId, readBytes }) =>
          // On a full disk too: what was open is to be closed.
          ifRoom(
            audit(
              context,
              { actor, ip },
              { action: 'backup.viewClosed', groupId, subject, detail: { viewId, readBytes } },
            ),
          ),
      });
      if (reply.raw.destroyed) {
        // Who asked is gone, and nobody else will ever know the id.
        await backups.views.close(view);
        throw new AppError('TIMEOUT', 'who asked for the view went away');
      }
      const detail = { viewId: view.viewId, moment: whenWords(view), ...selectionDetail(context.box, selection) };
      await audit(context, { actor, ip }, { action: 'backup.viewOpened', groupId, subject, detail });
      return reply.code(201).send(viewAnswerOf(view, await sourceVersionOf(backups, params.groupId, params.setId)));
    },
  });
  readingRoutes(app, backups);
}

function readingRoutes(app: ServerApp, backups: Backups): void {
  app.route({
    method: 'GET',
    url: '/groups/:groupId/backups/:setId/views/:viewId/collections/:uuid/chunks',
    config: {
      access: 'data.read',
      answers: { 'application/octet-stream': 'Documents in the order of _id: docs/formats/view-chunks.md.' },
    },
    schema: { params: chunkParams, querystring: chunkQuery },
    handler: async ({ params, query }, reply) => {
      const view = backups.views.get(params.groupId, params.setId, params.viewId);
      const after = query.after === undefined ? null : Buffer.from(query.after, 'base64url');
      const gone = new AbortController();
      reply.raw.on('close', () => gone.abort(new AppError('TIMEOUT', 'who asked for the view went away')));
      const signal = AbortSignal.any([gone.signal, backups.context.signal]);
      const chunks = await backups.views.read(view, params.uuid, after, query.maxBytes, signal);
      return sendChunks(reply, chunks, query.tellEnd !== undefined);
    },
  });
  app.route({
    method: 'DELETE',
    url: '/groups/:groupId/backups/:setId/views/:viewId',
    config: { access: 'data.read' },
    schema: { params: viewParams, response: { 204: z.null() } },
    handler: async ({ params }, reply) => {
      await backups.views.close(backups.views.get(params.groupId, params.setId, params.viewId));
      return reply.code(204).send(null);
    },
  });
}
