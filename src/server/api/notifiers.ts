import { z } from 'zod';
import type { NotifierRecord, SendOutcome } from '../../alerts/delivery/ports.ts';
import { AppError } from '../../runtime/errors.ts';
import {
  alertNotification,
  changeMaintenanceWindow,
  changeNotifier,
  deadLetter,
  maintenanceWindow,
  type Notifier,
  newMaintenanceWindow,
  newNotifier,
  newNotifierAnswer,
  notifier,
  type SendReport,
  testNotifierAnswer,
} from '../../wire/api/notifiers.ts';
import { type Actor, actorName } from '../access/actor.ts';
import { audit } from '../audit.ts';
import type { ServerContext } from '../context.ts';
import type { ServerApp } from '../http/server-app.ts';
import type { Alerting } from '../jobs/alerting.ts';
import { definedOnly } from './groups.ts';

const groupParams = z.object({ groupId: z.string() });
const idParams = z.object({ groupId: z.string(), id: z.string() });

/** Who is told of alerts, when not, and what became of it. */
export function notifierRoutes(app: ServerApp, context: ServerContext, alerting: Alerting): void {
  changeRoutes(app, context, alerting);
  testRoute(app, context, alerting);
  windowRoutes(app, context, alerting);
  deadLetterRoutes(app, context, alerting);
  app.route({
    method: 'GET',
    url: '/groups/:groupId/alerts/:id/notifications',
    config: { access: 'group.read' },
    schema: { params: idParams, response: { 200: z.array(alertNotification) } },
    handler: async ({ params }) => {
      if ((await alerting.store.alert(params.groupId, params.id)) === undefined) {
        throw new AppError('NOT_FOUND', 'there is no such alert');
      }
      return [...(await alerting.store.notificationsOf(params.groupId, params.id))];
    },
  });
}

function changeRoutes(app: ServerApp, context: ServerContext, { notifiers }: Alerting): void {
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
    handler: async (request, reply) => {
      const { groupId } = request.params;
      const made = await notifiers.add(groupId, request.body);
      await note(context, request, 'notifier.made', made.notifier, { kind: made.notifier.settings.kind });
      return reply.code(201).send({ notifier: notifierView(made.notifier), secret: made.secret });
    },
  });
  app.route({
    method: 'PATCH',
    url: '/groups/:groupId/notifiers/:id',
    config: { access: 'monitoring.write' },
    schema: { params: idParams, body: changeNotifier, response: { 200: notifier } },
    handler: async (request) => {
      const { groupId, id } = request.params;
      const changed = await notifiers.change(groupId, id, definedOnly(request.body));
      await note(context, request, 'notifier.changed', changed, { fields: Object.keys(request.body) });
      return notifierView(changed);
    },
  });
  app.route({
    method: 'DELETE',
    url: '/groups/:groupId/notifiers/:id',
    config: { access: 'monitoring.write' },
    schema: { params: idParams, response: { 204: z.null() } },
    handler: async (request, reply) => {
      const { groupId, id } = request.params;
      const removed = await notifiers.remove(groupId, id);
      await note(context, request, 'notifier.removed', removed, {});
      return reply.code(204).send(null);
    },
  });
}

function testRoute(app: ServerApp, context: ServerContext, { notifiers }: Alerting): void {
  app.route({
    method: 'POST',
    url: '/groups/:groupId/notifiers/:id/test',
    config: { access: 'monitoring.write' },
    schema: { params: idParams, response: { 200: testNotifierAnswer } },
    handler: async (request) => {
      const { groupId, id } = request.params;
      const { notifier: tried, outcome } = await notifiers.test(groupId, id, context.signal);
      await note(context, request, 'notifier.tested', tried, { ok: outcome.result === 'delivered' });
      return { notifier: notifierView(tried), report: reportFor(request.actor, outcome) };
    },
  });
}

function windowRoutes(app: ServerApp, context: ServerContext, { windows }: Alerting): void {
  app.route({
    method: 'GET',
    url: '/groups/:groupId/maintenance-windows',
    config: { access: 'group.read' },
    schema: { params: groupParams, response: { 200: z.array(maintenanceWindow) } },
    handler: async ({ params }) => [...(await windows.windows(params.groupId))],
  });
  app.route({
    method: 'POST',
    url: '/groups/:groupId/maintenance-windows',
    config: { access: 'monitoring.write' },
    schema: { params: groupParams, body: newMaintenanceWindow, response: { 201: maintenanceWindow } },
    handler: async (request, reply) => {
      const made = await windows.add(request.params.groupId, request.body, actorName(request.actor));
      await noteWindow(context, request, 'maintenanceWindow.made', made, { times: JSON.stringify(made.times) });
      return reply.code(201).send(made);
    },
  });
  app.route({
    method: 'PATCH',
    url: '/groups/:groupId/maintenance-windows/:id',
    config: { access: 'monitoring.write' },
    schema: { params: idParams, body: changeMaintenanceWindow, response: { 200: maintenanceWindow } },
    handler: async (request) => {
      const { groupId, id } = request.params;
      const changed = await windows.change(groupId, id, definedOnly(request.body));
      await noteWindow(context, request, 'maintenanceWindow.changed', changed, { fields: Object.keys(request.body) });
      return changed;
    },
  });
  app.route({
    method: 'DELETE',
    url: '/groups/:groupId/maintenance-windows/:id',
    config: { access: 'monitoring.write' },
    schema: { params: idParams, response: { 204: z.null() } },
    handler: async (request, reply) => {
      const { groupId, id } = request.params;
      await noteWindow(context, request, 'maintenanceWindow.removed', await windows.remove(groupId, id), {});
      return reply.code(204).send(null);
    },
  });
}

function deadLetterRoutes(app: ServerApp, context: ServerContext, alerting: Alerting): void {
  const { store } = alerting;
  app.route({
    method: 'GET',
    url: '/groups/:groupId/dead-letters',
    config: { access: 'monitoring.write' },
    schema: { params: groupParams, response: { 200: z.array(deadLetter) } },
    handler: async ({ params }) => [...(await store.deadLetters(params.groupId))],
  });
  app.route({
    method: 'POST',
    url: '/groups/:groupId/dead-letters/:id/retry',
    config: { access: 'monitoring.write' },
    schema: { params: idParams, response: { 204: z.null() } },
    handler: async (request, reply) => {
      const { groupId, id } = request.params;
      if (!(await store.retryDeadLetter(groupId, id, context.clock.now()))) throw noDeadLetter();
      alerting.wakeDeliveries();
      await audit(context, request, { action: 'deadLetter.retried', groupId, subject: letterSubject(id) });
      context.hub.publish(groupId, { type: 'alerts' });
      return reply.code(204).send(null);
    },
  });
  app.route({
    method: 'DELETE',
    url: '/groups/:groupId/dead-letters/:id',
    config: { access: 'monitoring.write' },
    schema: { params: idParams, response: { 204: z.null() } },
    handler: async (request, reply) => {
      const { groupId, id } = request.params;
      if (!(await store.removeDeadLetter(groupId, id))) throw noDeadLetter();
      await audit(context, request, { action: 'deadLetter.removed', groupId, subject: letterSubject(id) });
      context.hub.publish(groupId, { type: 'alerts' });
      return reply.code(204).send(null);
    },
  });
}

interface GroupRequest {
  readonly actor: Actor | null;
  readonly ip: string;
  readonly params: { readonly groupId: string };
}

async function note(
  context: ServerContext,
  request: GroupRequest,
  action: 'notifier.made' | 'notifier.changed' | 'notifier.removed' | 'notifier.tested',
  { id, settings }: NotifierRecord,
  detail: Record<string, string | boolean | string[]>,
): Promise<void> {
  const { groupId } = request.params;
  await audit(context, request, { action, groupId, subject: { kind: 'notifier', id, label: settings.name }, detail });
  context.hub.publish(groupId, { type: 'alerts' });
}

async function noteWindow(
  context: ServerContext,
  request: GroupRequest,
  action: 'maintenanceWindow.made' | 'maintenanceWindow.changed' | 'maintenanceWindow.removed',
  { id, name }: { readonly id: string; readonly name: string },
  detail: Record<string, string | string[]>,
): Promise<void> {
  const { groupId } = request.params;
  await audit(context, request, { action, groupId, subject: { kind: 'maintenanceWindow', id, label: name }, detail });
  context.hub.publish(groupId, { type: 'alerts' });
}

const letterSubject = (id: string) => ({ kind: 'deadLetter', id, label: id });
const noDeadLetter = () => new AppError('NOT_FOUND', 'there is no such message, or its notifier is gone');

/** What a receiver answered may be of the server's own network: administrators alone see it. */
function reportFor(actor: Actor | null, { result, detail, body }: SendOutcome): SendReport {
  const mayRead = actor?.kind === 'user' && actor.user.administrator;
  return { ok: result === 'delivered', detail, body: mayRead ? (body ?? null) : null };
}

/** Without its secrets. */
function notifierView({ id, settings, lastAttempt }: NotifierRecord): Notifier {
  return { ...settings, id, lastAttempt };
}
