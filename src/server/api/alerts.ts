import { z } from 'zod';
import { AppError } from '../../runtime/errors.ts';
import {
  type Alert,
  acknowledgeManyRequest,
  acknowledgeRequest,
  alert,
  alertsAnswer,
  alertsQuery,
  eventsAnswer,
  eventsQuery,
} from '../../wire/api/alerts.ts';
import { actorName } from '../access/actor.ts';
import { audit } from '../audit.ts';
import type { ServerContext } from '../context.ts';
import type { ServerApp } from '../http/server-app.ts';
import type { Alerting } from '../jobs/alerting.ts';
import { alertRuleRoutes } from './alert-rules.ts';
import { definedOnly } from './groups.ts';
import { notifierRoutes } from './notifiers.ts';

const groupParams = z.object({ groupId: z.string() });
const idParams = z.object({ groupId: z.string(), id: z.string() });

/** Alerts, the rules that open them, the notifiers that tell of them, and the event log. */
export function alertRoutes(app: ServerApp, context: ServerContext, alerting: Alerting): void {
  app.route({
    method: 'GET',
    url: '/groups/:groupId/alerts',
    config: { access: 'group.read' },
    schema: { params: groupParams, querystring: alertsQuery, response: { 200: alertsAnswer } },
    handler: async ({ params, query }) => [...(await alerting.store.alerts(params.groupId, definedQuery(query)))],
  });
  app.route({
    method: 'GET',
    url: '/groups/:groupId/alerts/:id',
    config: { access: 'group.read' },
    schema: { params: idParams, response: { 200: alert } },
    handler: async ({ params }) => {
      const found = await alerting.store.alert(params.groupId, params.id);
      if (found === undefined) throw new AppError('NOT_FOUND', 'there is no such alert');
      return found;
    },
  });
  acknowledgeRoutes(app, context, alerting);
  alertRuleRoutes(app, context, alerting);
  notifierRoutes(app, context, alerting);
  eventRoutes(app, context);
}

function acknowledgeRoutes(app: ServerApp, context: ServerContext, { engine }: Alerting): void {
  app.route({
    method: 'POST',
    url: '/groups/:groupId/alerts/:id/acknowledge',
    config: { access: 'monitoring.write' },
    schema: { params: idParams, body: acknowledgeRequest, response: { 200: alert } },
    handler: async (request) => {
      const { groupId, id } = request.params;
      const marked = await engine.acknowledge(groupId, id, actorName(request.actor), request.body ?? {});
      const detail = { until: marked.acknowledgedUntilMs, note: marked.note };
      await audit(context, request, { action: 'alert.acknowledged', groupId, subject: alertSubject(marked), detail });
      return marked;
    },
  });
  app.route({
    method: 'POST',
    url: '/groups/:groupId/alerts/acknowledge',
    config: { access: 'monitoring.write' },
    schema: { params: groupParams, body: acknowledgeManyRequest, response: { 200: alertsAnswer } },
    handler: async (request) => {
      const { groupId } = request.params;
      const { ids, ...given } = request.body;
      const marked: Alert[] = [];
      for (const id of new Set(ids)) {
        try {
          marked.push(await engine.acknowledge(groupId, id, actorName(request.actor), given));
        } catch (thrown) {
          // What is over, or was never there, needs nobody.
          if (!(thrown instanceof AppError) || !['NOT_FOUND', 'CONFLICT'].includes(thrown.code)) throw thrown;
        }
      }
      const detail = { alerts: marked.length, until: given.untilMs ?? null, note: given.note ?? null };
      if (marked.length > 0) await audit(context, request, { action: 'alert.acknowledged', groupId, detail });
      return marked;
    },
  });
  app.route({
    method: 'POST',
    url: '/groups/:groupId/alerts/:id/unacknowledge',
    config: { access: 'monitoring.write' },
    schema: { params: idParams, response: { 200: alert } },
    handler: async (request) => {
      const { groupId, id } = request.params;
      const marked = await engine.unacknowledge(groupId, id, actorName(request.actor));
      await audit(context, request, { action: 'alert.unacknowledged', groupId, subject: alertSubject(marked) });
      return marked;
    },
  });
}

function alertSubject({ id, title }: Alert) {
  return { kind: 'alert', id, label: title };
}

function eventRoutes(app: ServerApp, context: ServerContext): void {
  app.route({
    method: 'GET',
    url: '/groups/:groupId/events',
    config: { access: 'group.read' },
    schema: { params: groupParams, querystring: eventsQuery, response: { 200: eventsAnswer } },
    handler: async ({ params, query }) => {
      const { hostId, from, to, kind, before, limit } = query;
      const page = await context.stores.events.events(params.groupId, {
        limit,
        ...definedOnly({ subjectId: hostId, fromMs: from, toMs: to, kind, before }),
      });
      const events = page.events.map(({ id, atMs, kind, subject, message }) => ({ id, atMs, kind, subject, message }));
      return { events, nextBefore: page.nextBefore };
    },
  });
}

function definedQuery({ state, limit }: z.infer<typeof alertsQuery>) {
  return state === undefined ? { limit } : { limit, state };
}
