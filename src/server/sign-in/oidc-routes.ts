import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { toAppError } from '../../runtime/errors.ts';
import type { Access } from '../access/access.ts';
import { openSession } from '../access/open-session.ts';
import { isEncrypted } from '../access/session-cookie.ts';
import type { ServerContext } from '../context.ts';
import type { ServerApp } from '../http/server-app.ts';
import type { OidcProvider } from './oidc-provider.ts';
import { PendingSignIns, pendingMs } from './pending-sign-in.ts';
import { problemOf, signInRefused } from './problem.ts';
import { accountOf } from './provider-account.ts';
import { signInSection } from './sign-in-section.ts';

const plainCookie = 'leafward_sign_in';
const longestAnswer = 8000;

export function redirectUri({ address }: ServerContext): string {
  return `${address.publicUrl()}/api/v1/sign-in/oidc/callback`;
}

/** Sign-in by OpenID Connect: to the provider and back. These addresses are opened by the browser, so they answer with redirects. */
export function oidcRoutes(app: ServerApp, access: Access, provider: OidcProvider): void {
  const { context } = access;
  const pendings = new PendingSignIns(context.box, context.clock);
  app.route({
    method: 'GET',
    url: '/sign-in/oidc/start',
    config: { access: 'public', redirects: 'To the provider, or back to the page of the sign-in.' },
    schema: {
      querystring: z.object({ provider: z.string().max(100).optional(), to: z.string().max(2000).optional() }),
    },
    handler: (request, reply) =>
      orToSignIn(access, request, reply, async () => {
        const { url, pending } = await provider.begin(
          await oidcOf(context),
          redirectUri(context),
          ownPath(request.query.to),
        );
        return reply
          .setCookie(cookieName(context, request), pendings.seal(pending), {
            path: '/',
            httpOnly: true,
            sameSite: 'lax',
            secure: isEncrypted(context.address, request),
            maxAge: pendingMs / 1000,
          })
          .redirect(url.href);
      }),
  });
  app.route({
    method: 'GET',
    url: '/sign-in/oidc/callback',
    config: { access: 'public', quiet: true, redirects: 'To the page that was asked for, or to that of the sign-in.' },
    handler: (request, reply) =>
      orToSignIn(access, request, reply, async (who) => {
        const name = cookieName(context, request);
        const secure = isEncrypted(context.address, request);
        void reply.clearCookie(name, { path: '/', httpOnly: true, sameSite: 'lax', secure });
        const pending = pendings.open(request.cookies[name]);
        const parts = await oidcOf(context);
        const person = await provider.finish(parts, answerOf(context, request), pending);
        who.name = person.email;
        const { value } = await context.instance.read(signInSection);
        const user = await accountOf(context, value, person, request.ip);
        await openSession(access, request, reply, user.id, 'oidc');
        return reply.redirect(pending.to);
      }),
  });
  app.route({
    method: 'GET',
    url: '/sign-in/oidc/sign-out',
    config: { access: 'public', redirects: 'To the provider, or to the page of the sign-in.' },
    handler: (request, reply) =>
      orToSignIn(access, request, reply, async () => {
        const back = `${context.address.publicUrl()}/sign-in`;
        const url = await provider.signOutUrl(await oidcOf(context), back);
        return reply.redirect(url?.href ?? '/sign-in');
      }),
  });
}

/** Over TLS one that no other host of the domain can plant: with it a sign-in that somebody else began would be ended here. */
function cookieName({ address }: ServerContext, request: FastifyRequest): string {
  return isEncrypted(address, request) ? `__Host-${plainCookie}` : plainCookie;
}

async function oidcOf({ instance }: ServerContext) {
  const { value, secrets } = await instance.read(signInSection);
  if (!value.oidc.enabled) throw signInRefused('not-set-up');
  return { settings: value.oidc, clientSecret: secrets['clientSecret'] };
}

/** The redirect URI as the provider knows it, whatever name a proxy has in front of this server, with what the provider added. */
function answerOf(context: ServerContext, request: FastifyRequest): URL {
  const query = request.url.indexOf('?');
  const search = query < 0 ? '' : request.url.slice(query);
  if (search.length > longestAnswer) throw signInRefused('provider-refused', 'its answer is too long');
  return new URL(`${redirectUri(context)}${search}`);
}

/** A path of this server and nothing else: `//evil`, `/\evil` and whole addresses lead elsewhere. */
function ownPath(to: string | undefined): string {
  const isOwn = to !== undefined && /^\/(?![/\\])[\x21-\x7e]*$/.test(to) && !to.includes('\\');
  return isOwn ? to : '/';
}

/** A failure is told on the sign-in page, and why in the audit log. */
async function orToSignIn(
  access: Access,
  request: FastifyRequest,
  reply: FastifyReply,
  work: (who: { name: string }) => Promise<FastifyReply>,
): Promise<FastifyReply> {
  const who = { name: 'a person at the provider' };
  void reply.header('cache-control', 'no-store');
  try {
    return await work(who);
  } catch (thrown) {
    const error = toAppError(thrown);
    if (error.code !== 'SIGN_IN_REFUSED') throw error;
    const problem = problemOf(error);
    await access.refusals.note(request.ip, who.name, { method: 'oidc', problem, reason: error.message });
    return reply.redirect(`/sign-in?problem=${problem}`);
  }
}
