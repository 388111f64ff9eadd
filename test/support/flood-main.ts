import { request } from 'node:http';
import { connect, type Socket } from 'node:net';

/**
 * Plays many clients that mean a server no good, from a process of its own: `kind url count [token path]`. Ends by a signal;
 * prints a line of JSON each half second: connections that are open, and how often each status was answered.
 */
const [kind = '', url = '', wanted = '10', token = '', path = ''] = process.argv.slice(2);
const { hostname, port } = new URL(url);
const count = Number(wanted);
const statuses: Record<string, number> = {};
const open = new Set<Socket>();
let made = 0;

const floods: Readonly<Record<string, (index: number) => void>> = { idle, slow, streams, passwords, downloads };
const flood = floods[kind];
if (flood === undefined) throw new Error(`no flood is called ${kind}`);
setInterval(() => console.log(JSON.stringify({ open: open.size, made, statuses })), 500);
for (let index = 0; index < count; index++) {
  flood(index);
  // All at once is more than the kernel's queue of new connections takes.
  if (index % 200 === 199) await new Promise((resolve) => setTimeout(resolve, 20));
}

function note(status: string | number): void {
  statuses[status] = (statuses[status] ?? 0) + 1;
}

/** Each client has an address of its own, as a botnet has. */
function addressOf(index: number): string {
  return `127.${1 + (index % 200)}.${Math.floor(index / 200) % 250}.7`;
}

function dial(index: number, closed: () => void): Socket {
  made++;
  const socket = connect({ host: hostname, port: Number(port), localAddress: addressOf(index) });
  socket.once('connect', () => open.add(socket));
  socket.on('error', () => note('broken'));
  socket.once('close', () => {
    open.delete(socket);
    setTimeout(closed, 100);
  });
  return socket;
}

/** Says nothing; comes back when it is let go. */
function idle(index: number): void {
  dial(index, () => idle(index)).resume();
}

/** Asks again and again for what is large, and reads a byte a second. */
function slow(index: number): void {
  const socket = dial(index, () => slow(index));
  const head = `GET ${path} HTTP/1.1\r\nhost: x\r\n${token === '' ? '' : `authorization: Bearer ${token}\r\n`}\r\n`;
  socket.pause();
  socket.write(head.repeat(40));
  const reading = setInterval(() => void socket.read(1), 1000);
  socket.once('close', () => clearInterval(reading));
}

/** A live page: stays. */
function streams(index: number): void {
  const socket = dial(index, () => streams(index));
  socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\n\r\n`);
  socket.setEncoding('latin1').once('data', (text: string) => note(text.slice(9, 12)));
  socket.resume();
}

function passwords(index: number): void {
  const body = JSON.stringify({ email: `user${made}@example.net`, password: `guess number ${made}` });
  ask('POST', '/api/v1/session', addressOf(index + made * 7), body, () => passwords(index));
}

function downloads(index: number): void {
  ask('GET', path, addressOf(index), '', () => downloads(index));
}

function ask(method: string, target: string, localAddress: string, body: string, again: () => void): void {
  made++;
  const headers = { 'content-type': 'application/json', origin: url };
  const sent = request(
    { host: hostname, port, method, path: target, localAddress, agent: false, headers },
    (answer) => {
      note(answer.statusCode ?? 0);
      answer.resume();
    },
  );
  sent.on('error', () => note('broken'));
  sent.once('close', () => setTimeout(again, 10));
  sent.end(body);
}
