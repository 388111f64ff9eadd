import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ServerAddress } from '../server-address.ts';

export const sessionCookie = 'leafward_session';
/**
 * Browsers take a cookie of this name by TLS alone, for this host alone and for all of its paths: neither another host of the
 * same domain nor somebody on the way of an unencrypted request can plant a session of his own.
 */
export const encryptedSessionCookie = `__Host-${sessionCookie}`;

/** Over TLS, of this server or of a proxy that publicUrl names. An administrator on the plain loopback port signs in too. */
export function isEncrypted(address: ServerAddress, { protocol, host }: FastifyRequest): boolean {
  const publicUrl = URL.parse(address.publicUrl());
  return protocol === 'https' || (publicUrl?.protocol === 'https:' && publicUrl.host === host);
}

/** The session's token that a request carries. Over TLS only the cookie that nobody else can plant counts. */
export function sessionTokenOf(address: ServerAddress, request: FastifyRequest): string | undefined {
  return request.cookies[isEncrypted(address, request) ? encryptedSessionCookie : sessionCookie];
}

export function setSessionCookie(
  address: ServerAddress,
  request: FastifyRequest,
  reply: FastifyReply,
  { token, maxAgeMs }: { readonly token: string; readonly maxAgeMs: number },
): void {
  const secure = isEncrypted(address, request);
  void reply.setCookie(secure ? encryptedSessionCookie : sessionCookie, token, {
    path: '/',
    httpOnly: true,
    sameSite: 'lax',
    secure,
    maxAge: Math.round(maxAgeMs / 1000),
  });
}

/** With the attributes that it was set with, or a browser keeps it. */
export function clearSessionCookie(address: ServerAddress, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const secure = isEncrypted(address, request);
  return reply.clearCookie(secure ? encryptedSessionCookie : sessionCookie, {
    path: '/',
    httpOnly: true,
    sameSite: 'lax',
    secure,
  });
}
