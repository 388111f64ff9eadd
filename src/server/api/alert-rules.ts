import { z } from 'zod';
import { defaultRules } from '../../alerts/default-rules.ts';
import type { AlertRule } from '../../alerts/ports.ts';
import {
  alertPreviewAnswer,
  alertPreviewRequest,
  alertRule,
  alertTarget,
  alertTargetAnswer,
  alertTemplate,
  changeAlertRule,
  newAlertRule,
} from '../../wire/api/alerts.ts';
import { targetAnswer } from '../alert-source/target-answer.ts';
import { audit } from '../audit.ts';
import type { ServerContext } from '../context.ts';
import type { ServerApp } from '../http/server-app.ts';
import type { Alerting } from '../jobs/alerting.ts';
import { definedOnly } from './groups.ts';

const groupParams = z.object({ groupId: z.string() });
const idParams = z.object({ groupId: z.string(), id: z.string() });

/** The rules that open alerts: listed, made, changed, removed, and tried on what is stored. */
export function alertRuleRoutes(app: ServerApp, context: ServerContext, alerting: Alerting): void {
  const { rules } = alerting;
  app.route({
    method: 'GET',
    url: '/groups/:groupId/alert-rules',
    config: { access: 'group.read' },
    schema: { params: groupParams, response: { 200: z.array(alertRule) } },
    handler: async ({ params }) => [...(await rules.rules(params.groupId))],
  });
  app.route({
    method: 'POST',
    url: '/groups/:groupId/alert-rules',
    config: { access: 'monitoring.write' },
    schema: { params: groupParams, body: newAlertRule, response: { 201: alertRule } },
    handler: async (request, reply) => {
      const { groupId } = request.params;
      const rule = await rules.add(groupId, request.body);
      await audit(context, request, { action: 'alertRule.made', groupId, subject: ruleSubject(rule) });
      context.hub.publish(groupId, { type: 'alerts' });
      return reply.code(201).send(rule);
    },
  });
  oneRuleRoutes(app, context, alerting);
  tryRoutes(app, context, alerting);
}

function oneRuleRoutes(app: ServerApp, context: ServerContext, { rules }: Alerting): void {
  app.route({
    method: 'PATCH',
    url: '/groups/:groupId/alert-rules/:id',
    config: { access: 'monitoring.write' },
    schema: { params: idParams, body: changeAlertRule, response: { 200: alertRule } },
    handler: async (request) => {
      const { groupId, id } = request.params;
      const rule = await rules.change(groupId, id, definedOnly(request.body));
      const detail = { fields: Object.keys(request.body) };
      await audit(context, request, { action: 'alertRule.changed', groupId, subject: ruleSubject(rule), detail });
      context.hub.publish(groupId, { type: 'alerts' });
      return rule;
    },
  });
  app.route({
    method: 'DELETE',
    url: '/groups/:groupId/alert-rules/:id',
    config: { access: 'monitoring.write' },
    schema: { params: idParams, response: { 204: z.null() } },
    handler: async (request, reply) => {
      const { groupId, id } = request.params;
      const rule = await rules.remove(groupId, id);
      await audit(context, request, { action: 'alertRule.removed', groupId, subject: ruleSubject(rule) });
      context.hub.publish(groupId, { type: 'alerts' });
      return reply.code(204).send(null);
    },
  });
}

/** What helps to write a rule: nothing here changes anything. */
function tryRoutes(app: ServerApp, context: ServerContext, alerting: Alerting): void {
  app.route({
    method: 'GET',
    url: '/groups/:groupId/alert-templates',
    config: { access: 'group.read' },
    schema: { params: groupParams, response: { 200: z.array(alertTemplate) } },
    handler: async () =>
      defaultRules().map(({ id, builtIn: _, ...rule }) => ({ id, rule: { ...rule, enabled: true } })),
  });
  app.route({
    method: 'POST',
    url: '/groups/:groupId/alert-rules/target',
    config: { access: 'group.read' },
    schema: {
      params: groupParams,
      body: z.object({ target: alertTarget }),
      response: { 200: alertTargetAnswer },
    },
    handler: async ({ params, body }) => targetAnswer(await context.fleet.group(params.groupId), body.target),
  });
  app.route({
    method: 'POST',
    url: '/groups/:groupId/alert-rules/preview',
    config: { access: 'monitoring.write' },
    schema: { params: groupParams, body: alertPreviewRequest, response: { 200: alertPreviewAnswer } },
    handler: ({ params, body }) => alerting.preview(params.groupId, body.rule, body.from, body.to),
  });
}

function ruleSubject({ id, name }: AlertRule) {
  return { kind: 'alertRule', id, label: name };
}
