import { timestampMs } from '../../model/optime.ts';
import { changesBetween } from '../../query/changes.ts';
import { jsonOfDocument, projected, valuesOfJson } from '../../query/extended-json.ts';
import { keyOfId } from '../../query/ids.ts';
import { placeOf } from '../../query/selection.ts';
import { findAnswer, findRequest, historyAnswer, historyRequest } from '../../wire/api/backup-reading.ts';
import { queryDetail } from '../audit/query-detail.ts';
import { setSubject } from '../audit/subjects.ts';
import { audit } from '../audit.ts';
import type { ServerApp } from '../http/server-app.ts';
import type { Backups } from './backups.ts';
import { whenWords } from './moment-words.ts';
import { optimeMessageOf, optimeOrNull } from './optime-text.ts';
import { findIn } from './query/find.ts';
import { keptOf } from './set-book.ts';
import { setOf, setParams } from './set-routes.ts';

const findMs = 15_000;

/** Documents as they were, without a restore. */
export function queryRoutes(app: ServerApp, backups: Backups): void {
  app.route({
    method: 'POST',
    url: '/groups/:groupId/backups/:setId/find',
    config: { access: 'data.read' },
    schema: { params: setParams, body: findRequest, response: { 200: findAnswer } },
    handler: async ({ params, body, actor, ip }, reply) => {
      const set = await setOf(backups, params);
      keptOf(set);
      const { context } = backups;
      const { namespace, filter, sort, limit, projection = {}, atMs, snapshotId, optime } = body;
      const began = performance.now();
      const gone = new AbortController();
      reply.raw.on('close', () => gone.abort());
      const signal = AbortSignal.any([gone.signal, backups.context.signal]);
      const at = { atMs, snapshotId, optime };
      return backups.sharedViews.with(params.groupId, params.setId, at, async (view) => {
        await audit(
          context,
          { actor, ip },
          {
            action: 'backup.find',
            groupId: params.groupId,
            subject: setSubject(params.setId, set),
            detail: { namespace, moment: whenWords(view), ...queryDetail(context.box, filter) },
          },
        );
        const place = placeOf(view.view.collections, namespace);
        const query = { filter, sort, limit, timeMs: findMs };
        const found = await findIn({ ...place, views: backups.views, view, threads: backups.threads }, query, signal);
        return {
          optime: optimeMessageOf(view.view.optime),
          documents: found.documents.map((document) => projected(jsonOfDocument(document), projection)),
          scanned: found.scanned,
          more: found.more,
          tookMs: Math.round(performance.now() - began),
        };
      });
    },
  });
  historyRoute(app, backups);
}

function historyRoute(app: ServerApp, backups: Backups): void {
  app.route({
    method: 'POST',
    url: '/groups/:groupId/backups/:setId/history',
    config: { access: 'data.read' },
    schema: { params: setParams, body: historyRequest, response: { 200: historyAnswer } },
    handler: async ({ params, body, actor, ip }) => {
      const { groupId, setId } = params;
      const set = await setOf(backups, params);
      keptOf(set);
      const id = valuesOfJson('id', { id: body.id })['id'];
      await audit(
        backups.context,
        { actor, ip },
        {
          action: 'backup.history',
          groupId,
          subject: setSubject(setId, set),
          detail: { namespace: body.namespace, ...queryDetail(backups.context.box, { _id: body.id }) },
        },
      );
      const history = await backups.vault.history(groupId, setId, body.namespace, keyOfId(id), body.limit);
      let before: unknown;
      return {
        versions: history.versions.map(({ optime, atMs, exact, kind, cause, document }) => {
          const after = document === null ? null : jsonOfDocument(document);
          const changes = before == null || after === null ? [] : changesBetween(before, after);
          before = after;
          return { optime: optimeOrNull(optime), atMs, exact, kind, cause, document: after, changes };
        }),
        exactFrom: optimeOrNull(history.exactFrom),
        exactFromMs: history.exactFrom === null ? null : timestampMs(history.exactFrom.ts),
        cut: history.cut,
      };
    },
  });
}
