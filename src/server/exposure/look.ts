import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { AppError } from '../../runtime/errors.ts';
import {
  answerBytes,
  headerBytes,
  helloRequest,
  listDatabasesRequest,
  listsDatabases,
  readAnswer,
  type WireAnswer,
  type WireRequest,
} from './wire-message.ts';

/** One address at which a look is taken. */
export interface LookTarget {
  readonly address: string;
  readonly port: number;
  /** The name that led there, for TLS. */
  readonly name: string;
}

export interface LookLimits {
  /** To connect, to shake hands, and for each answer. */
  readonly stepMs: number;
  /** Of an answer that is read; what comes after is not waited for. */
  readonly answerBytes: number;
}
export const lookLimits: LookLimits = { stepMs: 5000, answerBytes: 2 ** 20 };

/**
 * What one look found. `refused`: the machine said that nobody listens; `silent`: no answer at all, a firewall or no machine;
 * `noRoute`: this machine cannot reach such addresses, which says nothing about the other one.
 */
export type Look =
  | { readonly kind: 'refused' | 'silent' | 'noRoute' }
  | { readonly kind: 'otherService'; readonly tls: boolean; readonly from: string | null }
  | { readonly kind: 'mongodb'; readonly tls: boolean; readonly from: string | null; readonly needsLogin: boolean }
  | {
      readonly kind: 'open';
      readonly tls: boolean;
      readonly from: string | null;
      /** How many databases it listed; null: so many that they were not counted. */
      readonly databases: number | null;
    };

/**
 * Dials this very address and asks `hello` and, when MongoDB answers, `listDatabases` without a login: nothing else is ever sent.
 * A port that answers in no way of MongoDB's is tried once more with TLS. At most two connections, each of a few seconds.
 */
export async function lookAt(target: LookTarget, signal: AbortSignal, limits = lookLimits): Promise<Look> {
  const plain = await talk(() => dialPlain(target, signal, limits), limits);
  if (typeof plain === 'string') return { kind: plain };
  // Who says nothing at all is not waiting for a handshake: to a server of TLS, `hello` is a broken one, and it ends the connection.
  if (plain.kind !== 'otherService' || plain.quiet) return shown(plain);
  const encrypted = await talk(() => dialTls(target, signal, limits), limits);
  return typeof encrypted === 'string' || !encrypted.tls ? shown(plain) : shown(encrypted);
}

type Talk = Exclude<Look, { kind: 'refused' | 'silent' | 'noRoute' }> & { readonly quiet: boolean };
type Unreached = 'refused' | 'silent' | 'noRoute';

function shown({ quiet: _, ...look }: Talk): Look {
  return look;
}

async function talk(dial: () => Promise<Dialled>, limits: LookLimits): Promise<Talk | Unreached> {
  const dialled = await dial();
  if (typeof dialled === 'string') return dialled;
  const { socket, tls } = dialled;
  const from = socket.localAddress ?? null;
  try {
    if (!dialled.ready) return { kind: 'otherService', tls, from, quiet: false };
    const hello = await ask(socket, helloRequest(1), limits);
    if (hello.kind !== 'answer') return { kind: 'otherService', tls, from, quiet: hello.kind === 'quiet' };
    const list = await ask(socket, listDatabasesRequest(2), limits);
    if (list.kind === 'long') return { kind: 'open', tls, from, databases: null, quiet: false };
    if (list.kind !== 'answer') return { kind: 'mongodb', tls, from, needsLogin: false, quiet: false };
    const { ok, code, databases } = list.answer;
    // Each process has databases of its own: an empty list is what a stranger may see of it.
    if (ok && databases !== null && databases > 0) return { kind: 'open', tls, from, databases, quiet: false };
    const needsLogin = code === unauthorized || (ok && databases === 0);
    return { kind: 'mongodb', tls, from, needsLogin, quiet: false };
  } finally {
    socket.destroy();
  }
}

/** Of a long answer: enough to see what it is. */
const beginningBytes = 64;
/** MongoDB's error code of a command that requires a login. */
const unauthorized = 13;

/** `ready`: commands can be sent. Not ready: somebody is there and does not talk to strangers (TLS that asks for a certificate of the client). */
type Dialled = { readonly socket: Socket | TLSSocket; readonly tls: boolean; readonly ready: boolean } | Unreached;

async function dialPlain(target: LookTarget, signal: AbortSignal, { stepMs }: LookLimits): Promise<Dialled> {
  const socket = connectPlain({ host: target.address, port: target.port });
  const failure = await opened(socket, 'connect', signal, stepMs);
  if (failure === undefined) return { socket, tls: false, ready: true };
  // Somebody had to take the connection to end it; a closed port refuses it.
  if (codeOf(failure) === 'ECONNRESET') return { socket, tls: false, ready: false };
  socket.destroy();
  return unreached(failure);
}

async function dialTls(target: LookTarget, signal: AbortSignal, { stepMs }: LookLimits): Promise<Dialled> {
  const socket = connectTls({
    host: target.address,
    port: target.port,
    // Nothing secret is said, and nothing that is heard is believed: whose certificate it is does not matter.
    rejectUnauthorized: false,
    ...(isIP(target.name) === 0 ? { servername: target.name } : {}),
  });
  const failure = await opened(socket, 'secureConnect', signal, stepMs);
  if (failure === undefined) return { socket, tls: true, ready: true };
  if (asksForCertificate(failure)) return { socket, tls: true, ready: false };
  socket.destroy();
  return unreached(failure);
}

/** Resolves with what went wrong. @throws the signal's reason */
async function opened(
  socket: Socket,
  event: 'connect' | 'secureConnect',
  signal: AbortSignal,
  stepMs: number,
): Promise<Error | undefined> {
  const { promise, resolve } = Promise.withResolvers<Error | undefined>();
  const timer = setTimeout(() => resolve(new AppError('TIMEOUT', 'no answer in time')), stepMs);
  const onAbort = (): void => resolve(undefined);
  signal.addEventListener('abort', onAbort, { once: true });
  socket.once(event, () => resolve(undefined));
  socket.once('close', () => resolve(new AppError('MONGODB_NOT_ONE', 'the connection was ended')));
  // Stays on: an error after this one has no listener of its own.
  socket.on('error', resolve);
  try {
    const failure = await promise;
    if (signal.aborted) {
      socket.destroy();
      signal.throwIfAborted();
    }
    return failure;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}

function codeOf(failure: Error): string {
  return 'code' in failure && typeof failure.code === 'string' ? failure.code : '';
}

function unreached(failure: Error): Unreached {
  const code = codeOf(failure);
  if (code === 'ECONNREFUSED') return 'refused';
  // EHOSTUNREACH comes from the network's own machines as well: a firewall that says no, or a machine that is gone.
  return ['ENETUNREACH', 'EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EACCES', 'EPERM', 'EMFILE', 'ENETDOWN'].includes(code)
    ? 'noRoute'
    : 'silent';
}

function asksForCertificate(failure: Error): boolean {
  return /CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE|BAD_CERTIFICATE/i.test(codeOf(failure));
}

type Reply =
  | { readonly kind: 'answer'; readonly answer: WireAnswer }
  /** Longer than what is read, and a list of databases by its beginning. */
  | { readonly kind: 'long' }
  /** Not a byte came, and the connection stands. */
  | { readonly kind: 'quiet' }
  | { readonly kind: 'strange' };

/** Sends one command and reads its answer, at most so many bytes and for so long. */
async function ask(socket: Socket, request: WireRequest, limits: LookLimits): Promise<Reply> {
  const { promise, resolve } = Promise.withResolvers<Reply>();
  const chunks: Buffer[] = [];
  let held = 0;
  let needed = headerBytes;
  const onData = (chunk: Buffer): void => {
    chunks.push(chunk);
    held += chunk.length;
    // Joined only when enough is there: somebody who sends single bytes makes no work.
    while (held >= needed) {
      const reply = replyOf(Buffer.concat(chunks), request.requestId, limits);
      if (typeof reply === 'number' && reply > needed) needed = reply;
      else return resolve(typeof reply === 'number' ? { kind: 'strange' } : reply);
    }
  };
  const ended = (): void => resolve({ kind: 'strange' });
  const timer = setTimeout(() => resolve({ kind: held === 0 ? 'quiet' : 'strange' }), limits.stepMs);
  socket.on('data', onData);
  socket.once('close', ended);
  socket.once('end', ended);
  socket.once('error', ended);
  socket.write(request.bytes);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    socket.off('data', onData);
    socket.off('close', ended);
    socket.off('end', ended);
    socket.off('error', ended);
  }
}

/** A number: so many bytes are needed to tell. */
function replyOf(bytes: Buffer, requestId: number, limits: LookLimits): Reply | number {
  const size = answerBytes(bytes, requestId);
  if (size === undefined) return { kind: 'strange' };
  if (size > limits.answerBytes) {
    return bytes.length < beginningBytes ? beginningBytes : { kind: listsDatabases(bytes) ? 'long' : 'strange' };
  }
  if (bytes.length < size) return size;
  const answer = readAnswer(bytes, requestId);
  return answer === undefined ? { kind: 'strange' } : { kind: 'answer', answer };
}
