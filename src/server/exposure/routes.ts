import { z } from 'zod';
import { changeGroupExposure, groupExposure, hostExposure } from '../../wire/api/exposure.ts';
import { audit } from '../audit.ts';
import type { ServerContext } from '../context.ts';
import type { ServerApp } from '../http/server-app.ts';
import type { ExposureChecks } from './exposure-checks.ts';

const groupParams = z.object({ groupId: z.string() });
const hostParams = z.object({ groupId: z.string(), hostId: z.string() });

/** The check for exposed hosts of a group: what it found, its switch, and a look at once. */
export function exposureRoutes(app: ServerApp, context: ServerContext, checks: ExposureChecks): void {
  app.route({
    method: 'GET',
    url: '/groups/:groupId/exposure',
    config: { access: 'group.read' },
    schema: { params: groupParams, response: { 200: groupExposure } },
    handler: (request) => checks.view(request.params.groupId),
  });
  app.route({
    method: 'PATCH',
    url: '/groups/:groupId/exposure',
    config: { access: 'group.own' },
    schema: { params: groupParams, body: changeGroupExposure, response: { 200: groupExposure } },
    handler: async (request) => {
      const { groupId } = request.params;
      const { enabled } = request.body;
      await checks.setEnabled(groupId, enabled);
      await audit(context, request, { action: 'exposure.changed', groupId, detail: { enabled } });
      return checks.view(groupId);
    },
  });
  app.route({
    method: 'POST',
    url: '/groups/:groupId/hosts/:hostId/exposure',
    config: { access: 'group.own' },
    schema: { params: hostParams, response: { 200: hostExposure } },
    handler: async (request) => {
      const { groupId, hostId } = request.params;
      const { host } = (await context.fleet.group(groupId)).host(hostId);
      const subject = { kind: 'host', id: hostId, label: host };
      await audit(context, request, { action: 'exposure.checkStarted', groupId, subject });
      return checks.checkNow({ groupId, hostId }, context.signal);
    },
  });
}
