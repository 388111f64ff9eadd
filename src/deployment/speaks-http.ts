import { connect } from 'node:net';

/** Whether what closed our connection is a web server. The driver only tells that it was closed. mongod names itself. */
export async function speaksHttp(address: string, deadlineMs: number): Promise<boolean> {
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
