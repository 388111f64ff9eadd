import {
  MongoCompatibilityError,
  MongoError,
  MongoNetworkError,
  MongoParseError,
  MongoServerError,
  MongoServerSelectionError,
} from 'mongodb';
import { AppError } from '../runtime/errors.ts';
import { describeNetworkError, tlsErrorCode, tlsHint } from '../runtime/network-error.ts';
import { missingLogin, refusedLogin, type Signing, unpreparedLogin } from './login-error.ts';

const authFailed = new Set([18, 11, 334]);
const unauthorized = new Set([13, 8000]);

/** What the driver threw about `host`, in the words of docs/errors.md. `signing`: how the connection was to sign in. */
export function mongoError(thrown: unknown, host: string, signing: Signing = {}): AppError {
  if (thrown instanceof AppError) return thrown;
  const inner = innermost(thrown);
  const unprepared = unpreparedLogin(inner, host, signing, thrown) ?? unpreparedLogin(thrown, host, signing, thrown);
  if (unprepared !== undefined) return unprepared;
  const tls = tlsErrorCode(inner) ?? tlsErrorCode(thrown);
  const message = inner instanceof Error ? inner.message : String(inner);
  if (tls !== undefined) {
    const hint = tlsHint(inner, 'mongodbTlsCaFile') ?? tlsHint(thrown, 'mongodbTlsCaFile');
    return new AppError(tls, `TLS with ${host} failed: ${describeNetworkError(inner).text}`, {
      cause: thrown,
      retryable: true,
      ...(hint === undefined ? {} : { hint }),
    });
  }
  if (inner instanceof MongoCompatibilityError && /wire version/i.test(message)) {
    return new AppError('MONGODB_TOO_OLD', `${host} runs a MongoDB older than 4.4`, { cause: thrown, retryable: true });
  }
  if (inner instanceof MongoParseError || /Invalid message size|Invalid opCode|wrong version number/i.test(message)) {
    return notMongodb(host, message, thrown);
  }
  if (inner instanceof MongoServerError) return serverError(inner, host, signing, thrown);
  return unreachable(inner, message, host, thrown);
}

function notMongodb(host: string, message: string, thrown: unknown): AppError {
  if (/wrong version number|packet length too long/i.test(message)) {
    return new AppError('MONGODB_NOT_ONE', `${host} does not speak TLS`, {
      cause: thrown,
      retryable: true,
      hint: 'Turn TLS off for this host, or check the port.',
    });
  }
  return new AppError('MONGODB_NOT_ONE', `what answers at ${host} is not MongoDB`, { cause: thrown, retryable: true });
}

function serverError(error: MongoServerError, host: string, signing: Signing, thrown: unknown): AppError {
  const code = typeof error.code === 'number' ? error.code : 0;
  if (authFailed.has(code) || error.message.startsWith('Received authentication for mechanism')) {
    return refusedLogin(error, host, signing, thrown);
  }
  if (unauthorized.has(code)) {
    if (signing.credentials === undefined && /requires authentication/.test(error.message))
      return missingLogin(host, thrown);
    return new AppError('MONGODB_PRIVILEGE_MISSING', `${host}: ${error.message}`, { cause: thrown, retryable: true });
  }
  return new AppError('MONGODB_UNREACHABLE', `${host} answers with an error: ${error.message}`, {
    cause: thrown,
    retryable: true,
    hint: 'See the log of that mongod.',
    details: { code, answered: true },
  });
}

function unreachable(inner: unknown, message: string, host: string, thrown: unknown): AppError {
  const { text, code } = describeNetworkError(inner);
  if (/socket disconnected before secure TLS/i.test(message)) {
    return new AppError('MONGODB_UNREACHABLE', `${host} cut the connection during the TLS handshake`, {
      cause: thrown,
      retryable: true,
      hint: 'The host may not speak TLS, or demand a client certificate (mongodbTlsCertificateKeyFile).',
    });
  }
  const closed = inner instanceof MongoNetworkError && /closed/.test(message);
  const said = closed ? 'the connection was closed (a host that demands TLS does so with others)' : text;
  return new AppError('MONGODB_UNREACHABLE', `cannot reach ${host}: ${said}`, {
    cause: thrown,
    retryable: true,
    ...(closed
      ? { hint: 'Turn TLS on for this host (mongodbTls) if it demands it, and see the log of that mongod.' }
      : {}),
    details: { ...(code === undefined ? {} : { network: code }), ...(closed ? { closed } : {}) },
  });
}

/** The driver wraps the reason of a failed selection into a description of the topology. */
function innermost(thrown: unknown): unknown {
  let at = thrown;
  for (let depth = 0; depth < 8; depth++) {
    if (at instanceof MongoServerSelectionError) {
      const servers = at.reason === undefined ? [] : [...at.reason.servers.values()];
      const known = servers.find(({ error }) => error !== null)?.error;
      if (known == null) return at;
      at = known;
    } else if (at instanceof MongoError && at.cause instanceof Error) at = at.cause;
    else return at;
  }
  return at;
}
