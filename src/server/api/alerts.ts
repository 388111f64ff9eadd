import { z } from 'zod';
import type { NotifierRecord } from '../../alerts/ports.ts';
import { AppError } from '../../runtime/errors.ts';
import {
  type Alert,
  acknowledgeManyRequest,
  acknowledgeRequest,
  alert,
  alertsAnswer,
  alertsQuery,
  changeNotifier,
  eventsAnswer,
  eventsQuery,
  type Notifier,
  newNotifier,
  newNotifierAnswer,
  notifier,
} from '../../wire/api/alerts.ts';
import { actorName } from '../access/actor.ts';
import { audit } from '../audit.ts';
import type { ServerContext } from '../context.ts';
import type { ServerApp } from '../http/server-app.ts';
import type { Alerting } from '../jobs/alerting.ts';
import { alertRuleRoutes } from './alert-rules.ts';
import { definedOnly } from './groups.ts';

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

function notifierRoutes(app: ServerApp, context: ServerContext, { notifiers }: Alerting): void {
  app.route({
    method: 'GET',
    url: '/groups/:groupId/notifiers',
    config: { access: 'monitoring.write' },
    schema: { params: groupParams, response: { 200: z.array(notifier) } },
    handler: async ({ params }) => (await notifiers.notifiers(params.groupId)).map(notifierView),
  });
  app.route({
    method: 'POST',
    url: '/groups/:groupId/notifiers',
    config: { access: 'monitoring.write' },
    schema: { params: groupParams, body: newNotifier, response: { 201: newNotifierAnswer } },
    handler: async ({ params, body, actor }, reply) => {
      const made = await notifiers.add(params.groupId, body);
      await audit(context, actor, params.groupId, 'notifier made', made.notifier.name);
      context.hub.publish(params.groupId, { type: 'alerts' });
      return reply.code(201).send({ notifier: notifierView(made.notifier), secret: made.secret });
    },
  });
  app.route({
    method: 'PATCH',
    url: '/groups/:groupId/notifiers/:id',
    config: { access: 'monitoring.write' },
    schema: { params: idParams, body: changeNotifier, response: { 200: notifier } },
    handler: async ({ params, body, actor }) => {
      const changed = await notifiers.change(params.groupId, params.id, definedOnly(body));
      await audit(
        context,
        actor,
        params.groupId,
        'notifier changed',
        `${changed.name}: ${Object.keys(body).join(', ')}`,
      );
      context.hub.publish(params.groupId, { type: 'alerts' });
      return notifierView(changed);
    },
  });
  app.route({
    method: 'DELETE',
    url: '/groups/:groupId/notifiers/:id',
    config: { access: 'monitoring.write' },
    schema: { params: idParams, response: { 204: z.null() } },
    handler: async ({ params, actor }, reply) => {
      await notifiers.remove(params.groupId, params.id);
      await audit(context, actor, params.groupId, 'notifier removed', params.id);
      context.hub.publish(params.groupId, { type: 'alerts' });
      return reply.code(204).send(null);
    },
  });
  app.route({
    method: 'POST',
    url: '/groups/:groupId/notifiers/:id/test',
    config: { access: 'monitoring.write' },
    schema: { params: idParams, response: { 200: notifier } },
    handler: async ({ params }) => notifierView(await notifiers.test(params.groupId, params.id, context.signal)),
  });
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

/** Without its secret. */
function notifierView({ id, name, kind, url, enabled, lastAttempt }: NotifierRecord): Notifier {
  return { id, name, kind, url, enabled, lastAttempt };
}
