import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { AppError } from '../../runtime/errors.ts';
import { problemOf } from './problem.ts';
import { securityHeaders } from './security-headers.ts';

/** Answers what never became a request (too slow, too long, no HTTP) as a problem, and ends the connection. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const [status, refusal] = refusalOf(error);
  const body = JSON.stringify(problemOf(refusal));
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'connection: close',
    `content-length: ${Buffer.byteLength(body)}`,
    'content-type: application/json; charset=utf-8',
    'cache-control: no-store',
    ...Object.entries(securityHeaders(false)).map(([name, value]) => `${name}: ${value}`),
  ];
  if (socket.writable) socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
  socket.destroy(error);
}

function refusalOf({ code, message }: NodeJS.ErrnoException): readonly [number, AppError] {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    const hint = 'Send it again; a proxy on the way may hold it back.';
    return [408, new AppError('TIMEOUT', 'the request did not arrive in time', { hint })];
  }
  if (code === 'HPE_HEADER_OVERFLOW') {
    return [431, new AppError('BODY_TOO_LARGE', 'address and headers are larger than 16 KiB')];
  }
  return [400, new AppError('BODY_UNREADABLE', `this is not HTTP: ${message}`)];
}
