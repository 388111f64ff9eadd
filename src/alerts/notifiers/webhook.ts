import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Outbound } from '../../wire/outbound/outbound.ts';
import type { NotifierChannel } from '../delivery/ports.ts';
import { post } from './post.ts';

/**
 * POST of a notice as JSON. Header `leafward-signature: t=<seconds>,v1=<hex>`, where v1 is HMAC-SHA-256 with the notifier's
 * secret over `<seconds>.<body>`; `leafward-delivery` is the same for every try of one message. docs/notifications.md shows how to verify.
 */
export function webhook(outbound: Outbound): NotifierChannel {
  return {
    kind: 'webhook',
    async send({ notice, body, settings, secrets, sentAtMs }, { signal }) {
      if (settings.kind !== 'webhook') return { result: 'refused', detail: 'not a webhook' };
      const seconds = Math.floor(sentAtMs / 1000);
      const signature = `t=${seconds},v1=${sign(secrets['secret'] ?? '', seconds, body)}`;
      const headers = { 'leafward-delivery': notice.id, 'leafward-signature': signature };
      return post(outbound, { url: settings.url, body, headers, signal });
    },
  };
}

function sign(secret: string, seconds: number, body: string): string {
  return createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex');
}

/** Whether a header value is the signature of this body, made at most `maxAgeMs` ago. What a receiver does. */
export function verifySignature(
  header: string,
  body: string,
  secret: string,
  nowMs: number,
  maxAgeMs = 300_000,
): boolean {
  const match = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/.exec(header);
  const [, seconds = '', hex = ''] = match ?? [];
  if (match === null || Math.abs(nowMs - Number(seconds) * 1000) > maxAgeMs) return false;
  return timingSafeEqual(Buffer.from(hex, 'hex'), Buffer.from(sign(secret, Number(seconds), body), 'hex'));
}
