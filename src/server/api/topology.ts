import { z } from 'zod';
import { topologyAnswer } from '../../wire/api/deployment.ts';
import type { ServerApp } from '../http/server-app.ts';
import type { Topology } from '../topology/topology.ts';

/** The picture of a group's deployment. */
export function topologyRoutes(app: ServerApp, topology: Topology): void {
  app.route({
    method: 'GET',
    url: '/groups/:groupId/topology',
    config: { access: 'group.read' },
    schema: { params: z.object({ groupId: z.string() }), response: { 200: topologyAnswer } },
    serializerCompiler: () => JSON.stringify,
    handler: (request) => topology.answer(request.params.groupId),
  });
}
