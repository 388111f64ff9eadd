import { createHmac, timingSafeEqual } from 'node:crypto';
import { FetchError, ofetch } from 'ofetch';
import type { NotifierChannel, OutgoingMessage, SendOutcome } from '../ports.ts';

const signatureHeader = 'leafward-signature';
const deliveryHeader = 'leafward-delivery';
const deadlineMs = 10_000;

/**
 * POST of a JSON body. Header `leafward-signature: t=<seconds>,v1=<hex>`, where v1 is HMAC-SHA-256 with the notifier's
 * secret over `<seconds>.<body>`; `leafward-delivery` is the same for every try of one message. docs/alerts.md shows how to verify.
 */
export const webhook: NotifierChannel = {
  kind: 'webhook',
  async send(message, { signal }) {
    try {
      const response = await ofetch.raw(message.url, {
        method: 'POST',
        body: message.body,
        headers: {
          'content-type': 'application/json',
          'user-agent': 'leafward',
          [deliveryHeader]: message.id,
          [signatureHeader]: signature(message),
        },
        // A redirect would take the message to an address that nobody entered.
        redirect: 'manual',
        responseType: 'stream',
        retry: 0,
        signal: AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]),
        ignoreResponseError: true,
      });
      await response.body?.cancel();
      return outcome(response.status);
    } catch (thrown) {
      return { result: 'failed', detail: reason(thrown) };
    }
  },
};

function signature({ body, secret, sentAtMs }: OutgoingMessage): string {
  const seconds = Math.floor(sentAtMs / 1000);
  return `t=${seconds},v1=${sign(secret, seconds, body)}`;
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

function outcome(status: number): SendOutcome {
  const detail = `HTTP ${status}`;
  if (status >= 200 && status < 300) return { result: 'delivered', detail };
  if (status >= 300 && status < 400)
    return { result: 'refused', detail: `${detail}: redirects are not followed, enter the final address` };
  const isRefusal = status < 500 && status !== 408 && status !== 425 && status !== 429;
  return { result: isRefusal ? 'refused' : 'failed', detail };
}

function reason(thrown: unknown): string {
  if (!(thrown instanceof Error)) return 'could not be sent';
  const cause = thrown instanceof FetchError ? (thrown.cause ?? thrown) : thrown;
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  if (!(inner instanceof Error)) return 'could not be sent';
  if (inner.name === 'TimeoutError') return `no answer within ${deadlineMs / 1000} s`;
  const code = 'code' in inner && typeof inner.code === 'string' ? inner.code : '';
  // The address may hold a token, so only the kind of failure is told.
  return code === '' ? 'could not be sent' : code;
}
