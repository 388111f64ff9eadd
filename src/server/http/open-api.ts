import swagger from '@fastify/swagger';
import { jsonSchemaTransform } from 'fastify-type-provider-zod';
import { buildInfo } from '../../runtime/build-info.ts';
import type { ServerApp } from './server-app.ts';

/** Describes the routes under /api/v1 from their schemas. Must be registered before them. */
export async function describeApi(app: ServerApp): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Leafward',
        version: buildInfo.version,
        description: 'Watches MongoDB. Errors are problem bodies: code, message, hint.',
      },
      components: {
        securitySchemes: {
          token: { type: 'http', scheme: 'bearer', description: 'An API token (lft_…) of a group.' },
          session: { type: 'apiKey', in: 'cookie', name: 'leafward_session' },
        },
      },
      security: [{ token: [] }, { session: [] }],
    },
    transform: (input) => {
      const { url } = input;
      if (!url.startsWith('/api/v1/')) return { schema: { hide: true }, url };
      return jsonSchemaTransform(input);
    },
  });
}

export function openApiRoute(app: ServerApp): void {
  app.route({
    method: 'GET',
    url: '/openapi.json',
    config: { access: 'public' },
    handler: async (_request, reply) => reply.type('application/json').send(JSON.stringify(app.swagger())),
  });
}
