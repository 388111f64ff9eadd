import type { FastifyReply } from 'fastify';
import { AppError } from '../../runtime/errors.ts';
import { sendStream } from '../backup/send-stream.ts';
import type { ServerContext } from '../context.ts';
import { securityHeaders } from '../http/security-headers.ts';
import type { AuditScope, AuditStore } from './ports.ts';

const atOnce = 4;

/** Each export holds a connection and reads all the while: only a few run at once. */
export class ExportRoom {
  #taken = 0;

  /** @throws TOO_MANY_ATTEMPTS */
  take(): Disposable {
    if (this.#taken >= atOnce) {
      throw new AppError('TOO_MANY_ATTEMPTS', `${atOnce} exports of the audit log run already`, {
        retryable: true,
        hint: 'Try again when one has ended.',
      });
    }
    this.#taken += 1;
    return { [Symbol.dispose]: () => void (this.#taken -= 1) };
  }
}

/** Streams the events as JSON lines, oldest first, up to the one that was the newest at the start. */
export async function sendExport(context: ServerContext, reply: FastifyReply, scope: AuditScope): Promise<void> {
  const { stores, signal, log } = context;
  const end = (await stores.audit.head()).sequence;
  reply.hijack();
  reply.raw.writeHead(200, {
    ...securityHeaders(reply.request.protocol === 'https'),
    'content-type': 'application/jsonl; charset=utf-8',
    'content-disposition': `attachment; filename="leafward-audit-${scope.groupId ?? 'instance'}.jsonl"`,
    'cache-control': 'no-store',
  });
  try {
    await sendStream(reply.raw, { pieces: () => lines(stores.audit, scope, end), signal, onSent: () => {} });
  } catch (thrown) {
    log.warn('an export of the audit log was cut off', { reason: String(thrown) });
  }
}

async function* lines(store: AuditStore, scope: AuditScope, end: number): AsyncGenerator<Uint8Array> {
  for (let after: number | null = 0; after !== null && after < end; ) {
    const { events, next } = await store.pageUp(scope, after);
    const wanted = events.filter(({ sequence }) => sequence <= end);
    if (wanted.length > 0) yield Buffer.from(wanted.map((event) => `${JSON.stringify(event)}\n`).join(''));
    after = next;
  }
}
