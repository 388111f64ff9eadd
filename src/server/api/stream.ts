import { z } from 'zod';
import type { Actor } from '../access/actor.ts';
import type { ServerContext } from '../context.ts';
import { securityHeaders } from '../http/security-headers.ts';
import type { ServerApp } from '../http/server-app.ts';
import type { StreamOwner } from '../live/stream-hub.ts';

const heartbeatMs = 15_000;
/** Then the browser comes back, and is admitted anew: its session or token may have come to its end meanwhile. */
const longestMs = 30 * 60_000;
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
        clearTimeout(longest);
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
        ownerOf(request.actor),
      );
      const heartbeat = setInterval(() => {
        if (raw.writableLength < unsentLimitBytes) raw.write(': still here\n\n');
        else raw.destroy();
      }, heartbeatMs);
      const longest = setTimeout(end, longestMs);
      raw.on('close', () => {
        leave();
        clearInterval(heartbeat);
        clearTimeout(longest);
      });
      reply.hijack();
      raw.writeHead(200, {
        ...securityHeaders(request.protocol === 'https'),
        'content-type': 'text/event-stream',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
      });
      raw.write('retry: 2000\n\n');
    },
  });
}

function ownerOf(actor: Actor | null): StreamOwner {
  if (actor?.kind === 'user') return { userId: actor.user.id, key: actor.session.id };
  if (actor?.kind === 'token') return { userId: actor.token.madeBy, key: actor.token.id };
  return { userId: null, key: '' };
}
