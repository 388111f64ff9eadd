import { type Outbound, outboundProblem } from '../../wire/outbound/outbound.ts';
import type { SendOutcome } from '../delivery/ports.ts';

interface Post {
  readonly url: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** POST of a JSON body; what the receiver answers, or why it could not be asked, is the outcome. Never throws. */
export async function post(outbound: Outbound, { url, body, headers, signal }: Post): Promise<SendOutcome> {
  try {
    const answer = await outbound.request(url, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', ...headers },
      signal,
    });
    return { ...outcome(answer.status), body: answer.body, ...retryAfter(answer.headers['retry-after']) };
  } catch (thrown) {
    return { result: 'failed', detail: outboundProblem(thrown) };
  }
}

function outcome(status: number): SendOutcome {
  const detail = `HTTP ${status}`;
  if (status >= 200 && status < 300) return { result: 'delivered', detail };
  if (status >= 300 && status < 400)
    return { result: 'refused', detail: `${detail}: redirects are not followed, enter the final address` };
  const isRefusal = status < 500 && status !== 408 && status !== 425 && status !== 429;
  return { result: isRefusal ? 'refused' : 'failed', detail };
}

/** Seconds, or a date (RFC 9110). */
function retryAfter(header: string | undefined): { retryAfterMs?: number } {
  if (header === undefined) return {};
  const ms = /^\d{1,9}$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) && ms > 0 ? { retryAfterMs: ms } : {};
}
