import { z } from 'zod';
import type { ServerContext } from '../context.ts';
import type { ServerApp } from '../http/server-app.ts';

const heartbeatMs = 15_000;
const unsentLimitBytes = 64 * 1024;

/** Server-sent events of a group: what to read again. A client that does not read is let go; browsers come back by themselves. */
export function streamRoutes(app: ServerApp, context: ServerContext): void {
  app.route({
    method: 'GET',
    url: '/groups/:groupId/stream',
    config: {
      access: 'group.read',
      answers: { 'text/event-stream': 'Each event is a streamEvent as JSON: what to read again.' },
    },
    schema: { params: z.object({ groupId: z.string() }) },
    handler: async (request, reply) => {
      const { raw } = reply;
      const end = (): void => {
        leave();
        clearInterval(heartbeat);
        // What a client that does not read was sent would wait for it for ever.
        if (raw.writableLength < unsentLimitBytes) raw.end();
        else raw.destroy();
      };
      const leave = context.hub.subscribe(
        request.params.groupId,
        (event) => {
          raw.write(`data: ${JSON.stringify(event)}\n\n`);
          return raw.writableLength < unsentLimitBytes;
        },
        end,
      );
      const heartbeat = setInterval(() => {
        if (raw.writableLength < unsentLimitBytes) raw.write(': still here\n\n');
        else raw.destroy();
      }, heartbeatMs);
      raw.on('close', () => {
        leave();
        clearInterval(heartbeat);
      });
      reply.hijack();
      raw.writeHead(200, {
        'content-type': 'text/event-stream',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
        'x-content-type-options': 'nosniff',
      });
      raw.write('retry: 2000\n\n');
    },
  });
}
