import { z } from 'zod';
import { AppError } from '../../runtime/errors.ts';
import type { ServerContext } from '../context.ts';
import type { ServerApp } from './server-app.ts';

const state = z.object({ status: z.string() });

/** For load balancers and init systems: live = the process answers; ready = its store does too, and it is not stopping. */
export function healthRoutes(app: ServerApp, { stores, signal, diskFullSinceMs }: ServerContext): void {
  app.route({
    method: 'GET',
    url: '/health/live',
    config: { access: 'public' },
    schema: { response: { 200: state } },
    handler: async () => ({ status: 'live' }),
  });
  app.route({
    method: 'GET',
    url: '/health/ready',
    config: { access: 'public' },
    schema: { response: { 200: state } },
    handler: async () => {
      if (signal.aborted) throw new AppError('TIMEOUT', 'the server is stopping', { retryable: true });
      await stores.groups.serverValue('publicUrl');
      if (diskFullSinceMs() !== null)
        throw new AppError('STORE_FULL', 'the disk of the server is full', { retryable: true });
      return { status: 'ready' };
    },
  });
}
