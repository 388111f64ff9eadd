import { connect } from 'node:net';
import { AppError } from '../runtime/errors.ts';
import type { HostConnection } from './connect.ts';

const deadlineMs = 2000;

/** The driver's error, or MONGODB_NOT_ONE when what closed the connection turns out to be a web server. */
export async function namedWebServer(thrown: unknown, connection: HostConnection): Promise<unknown> {
  const wasClosed = thrown instanceof AppError && thrown.details['closed'] === true;
  const address = connection.connectTo ?? connection.host;
  if (!wasClosed || connection.tls || !(await speaksHttp(address, deadlineMs))) return thrown;
  return new AppError('MONGODB_NOT_ONE', `what answers at ${address} is a web server, not MongoDB`, {
    cause: thrown,
    retryable: true,
  });
}

/** Whether what closed our connection is a web server. The driver only tells that it was closed. mongod names itself. */
async function speaksHttp(address: string, deadlineMs: number): Promise<boolean> {
  const at = address.lastIndexOf(':');
  const host = address.slice(0, at).replace(/^\[|\]$/g, '');
  const socket = connect({ host, port: Number(address.slice(at + 1)) });
  const { promise, resolve } = Promise.withResolvers<string>();
  let heard = '';
  socket.setEncoding('latin1');
  socket.setTimeout(deadlineMs, () => resolve(heard));
  socket.once('connect', () => socket.write('GET / HTTP/1.0\r\n\r\n'));
  socket.on('data', (text: string) => {
    heard += text;
    if (heard.length > 500) resolve(heard);
  });
  socket.once('error', () => resolve(heard));
  socket.once('close', () => resolve(heard));
  const answer = await promise;
  socket.destroy();
  return answer.startsWith('HTTP/') && !answer.includes('MongoDB');
}
