import cookie from '@fastify/cookie';
import Fastify from 'fastify';
import { serializerCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { AppError } from '../runtime/errors.ts';
import { bodyLimits, tokenExpiresHeader } from '../wire/protocol.ts';
import { type Access, createAccess } from './access/access.ts';
import { expiringSoon } from './access/token-check.ts';
import { noteTakeover } from './agents/agent-life.ts';
import { Leases } from './agents/leases.ts';
import { accountRoutes } from './api/account.ts';
import { agentRoutes } from './api/agents.ts';
import { allGroupRoutes } from './api/all-groups.ts';
import { groupRoutes } from './api/groups.ts';
import { hostRoutes } from './api/hosts.ts';
import { invitationRoutes } from './api/invitations.ts';
import { keyRoutes } from './api/keys.ts';
import { memberRoutes } from './api/members.ts';
import { passwordResetRoutes } from './api/password-reset.ts';
import { secondFactorRoutes } from './api/second-factor.ts';
import { seriesRoutes } from './api/series.ts';
import { sessionRoutes } from './api/session.ts';
import { streamRoutes } from './api/stream.ts';
import { topologyRoutes } from './api/topology.ts';
import { userRoutes } from './api/users.ts';
import { auditRoutes } from './audit/routes.ts';
import type { ServerContext } from './context.ts';
import { answerClientError } from './http/client-error.ts';
import { healthRoutes } from './http/health.ts';
import type { Listeners } from './http/listeners.ts';
import { describeApi, openApiRoute } from './http/open-api.ts';
import { pageRoutes } from './http/pages.ts';
import { createErrorHandler } from './http/problem.ts';
import { addSecurityHeaders, securityHeaders } from './http/security-headers.ts';
import type { ListedRoute, ServerApp } from './http/server-app.ts';
import type { TrustedProxies } from './http/trusted-proxies.ts';
import { compileValidator } from './http/validate.ts';
import { ingestRoutes } from './ingest/routes.ts';
import { signInRoutes } from './sign-in/routes.ts';
import { Topology } from './topology/topology.ts';

export interface AppSettings {
  /** Whose X-Forwarded-For and -Proto are believed. */
  readonly trustProxy: TrustedProxies | undefined;
  readonly listeners: Listeners;
  /** More routes, by the parts that own them: under /api/v1 and at the top. */
  readonly api: readonly ((app: ServerApp, context: ServerContext) => void)[];
  readonly root: readonly ((app: ServerApp, context: ServerContext) => void)[];
  /** More routes for agents, each with bodies of its own. */
  readonly agents?: readonly ((app: ServerApp, context: ServerContext) => void)[];
}

const jsonBodyBytes = 2 ** 20;
/** Of those who have not said who they are: sign-in, set-up, and addresses at which there is nothing. */
const publicBodyBytes = 16 * 2 ** 10;

/** Builds the HTTP server; it listens and stops by fastify's own methods. */
export async function buildApp(context: ServerContext, settings: AppSettings): Promise<ServerApp> {
  const app: ServerApp = Fastify({
    logger: false,
    trustProxy: settings.trustProxy ?? false,
    bodyLimit: publicBodyBytes,
    requestTimeout: settings.listeners.limits.requestTimeoutMs,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 400 },
    clientErrorHandler: answerClientError,
    serverFactory: (handler) => settings.listeners.first(handler),
    // Addresses that are none: no route, and so no hook, sees them.
    frameworkErrors: (thrown, request, reply) => {
      void reply.headers(securityHeaders(request.protocol === 'https'));
      return createErrorHandler(context.log)(thrown, request, reply);
    },
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(compileValidator);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler(createErrorHandler(context.log));
  app.setNotFoundHandler(() => {
    throw new AppError('NOT_FOUND', 'there is nothing at this address');
  });
  await app.register(cookie);
  addSecurityHeaders(app);
  const access = createAccess(context);
  admitEveryRequest(app, access, settings.listeners);
  logRequests(app, context);
  await describeApi(app);
  await app.register(async (api: ServerApp) => apiRoutes(api, access, settings), { prefix: '/api/v1' });
  const leases = new Leases(context.stores.agents, context.clock, async (groupId, lease, before) =>
    noteTakeover(context, await context.fleet.group(groupId), lease, before),
  );
  await app.register(async (agents: ServerApp) => ingestRoutes(agents, context, leases));
  for (const add of settings.agents ?? []) await app.register(async (agents: ServerApp) => add(agents, context));
  healthRoutes(app, context);
  for (const add of settings.root) add(app, context);
  pageRoutes(app);
  // Live pages and long polls end first, or closing would wait for them.
  app.addHook('preClose', async () => context.hub.close());
  app.addHook('preClose', () => access.refusals.flush());
  return app;
}

function apiRoutes(app: ServerApp, access: Access, settings: AppSettings): void {
  const { context } = access;
  sessionRoutes(app, access);
  accountRoutes(app, access);
  secondFactorRoutes(app, access);
  passwordResetRoutes(app, access);
  memberRoutes(app, access);
  invitationRoutes(app, access);
  userRoutes(app, access);
  groupRoutes(app, context);
  allGroupRoutes(app, context);
  keyRoutes(app, context);
  hostRoutes(app, context);
  seriesRoutes(app, context);
  topologyRoutes(app, new Topology(context));
  agentRoutes(app, context);
  streamRoutes(app, context);
  auditRoutes(app, context);
  signInRoutes(app, access);
  for (const add of settings.api) add(app, context);
  openApiRoute(app);
}

function admitEveryRequest(app: ServerApp, { authenticator, context }: Access, listeners: Listeners): void {
  app.decorateRequest('actor', null);
  const routeList: ListedRoute[] = [];
  app.decorate('routeList', routeList);
  app.addHook('onRoute', (route) => {
    const { method, url, config } = route;
    if (config?.access === undefined) throw new AppError('INTERNAL', `${method} ${url} does not say who may call it`);
    for (const one of [method].flat()) routeList.push({ method: one, url, access: config.access });
    // A route's own limit goes before that of its content type.
    if (config.access === 'agent') route.bodyLimit ??= bodyLimits.compressedBytes;
    else if (config.access !== 'public') route.bodyLimit ??= jsonBodyBytes;
  });
  app.addHook('onRequest', async (request, reply) => {
    const { access: needed } = request.routeOptions.config;
    if (needed !== undefined) request.actor = await authenticator.admit(request, needed);
    const expiresAtMs = expiringSoon(request.actor, context.clock.now());
    if (expiresAtMs !== null) void reply.header(tokenExpiresHeader, new Date(expiresAtMs).toISOString());
    if (request.actor !== null) listeners.trust(request.raw.socket);
  });
}

/** The route's pattern, not the address: addresses hold tokens. */
function logRequests(app: ServerApp, { log }: ServerContext): void {
  app.addHook('onResponse', async (request, reply) => {
    log.debug('request', {
      method: request.method,
      route: request.routeOptions.url ?? '(none)',
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime),
      from: request.ip,
    });
  });
}
