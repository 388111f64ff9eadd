import type { ServerApp } from './server-app.ts';

/** Pages take scripts, styles and data from this server only, and are framed by nobody. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Headers of every answer; `encrypted`: it goes to the browser by TLS, of this server or of a proxy that is believed. */
export function securityHeaders(encrypted: boolean): Record<string, string> {
  return {
    'content-security-policy': contentSecurityPolicy,
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    ...(encrypted ? { 'strict-transport-security': 'max-age=31536000' } : {}),
  };
}

export function addSecurityHeaders(app: ServerApp): void {
  const headers = { http: securityHeaders(false), https: securityHeaders(true) };
  app.addHook('onSend', async ({ protocol }, reply) => {
    void reply.headers(headers[protocol]);
    if (!reply.hasHeader('referrer-policy')) void reply.header('referrer-policy', 'same-origin');
    // Answers belong to one person and to now, unless a route says otherwise.
    if (!reply.hasHeader('cache-control')) void reply.header('cache-control', 'no-store');
  });
}
