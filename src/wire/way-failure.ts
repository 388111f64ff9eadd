import { AppError } from '../runtime/errors.ts';
import { describeNetworkError, tlsErrorCode, tlsHint } from '../runtime/network-error.ts';
import { ProxyConnectError } from './dispatcher.ts';
import type { ServerProxy } from './server-proxy.ts';

const demandHint =
  'What stands before the server demands a certificate of this machine: name it, with its key, as serverClientCertificateFile.';
const cutHint =
  'It may have been restarted just now. Else it demands a certificate of this machine (serverClientCertificateFile), or something in between cuts TLS.';

/** By the standard 407; tinyproxy answers 401 to a wrong login. A Leafward server says why in a body of its own. */
const wantsLogin: ReadonlySet<number> = new Set([401, 407]);

interface Way {
  readonly serverUrl: string;
  readonly proxy: ServerProxy | undefined;
}

/** Why a request did not reach the server, or its answer did not come back: what failed, the cause, the next step. */
export function wayFailure(cause: unknown, way: Way, timeoutMs: number): AppError {
  const known = chain(cause).find((one) => one instanceof AppError);
  if (known !== undefined) return known;
  if (way.proxy !== undefined) {
    const ofProxy = proxyFailure(cause, way.proxy, way.serverUrl);
    if (ofProxy !== undefined) return ofProxy;
  }
  const { serverUrl } = way;
  const through = way.proxy === undefined ? '' : ` through the proxy ${way.proxy.url}`;
  const tls = tlsErrorCode(cause);
  const { text, timedOut } = describeNetworkError(cause);
  if (tls !== undefined) {
    const hint = tlsHint(cause, 'serverCaFile (of a server with --tls auto: DATA_DIR/tls/ca.pem)');
    return failure(tls, `TLS with ${serverUrl}${through} failed: ${text}`, cause, hint);
  }
  if (timedOut) {
    return failure('TIMEOUT', `${serverUrl} did not answer${through} within ${timeoutMs / 1000} s`, cause, undefined);
  }
  const isCut = serverUrl.startsWith('https:') && chain(cause).some((one) => codeOf(one) === 'UND_ERR_SOCKET');
  const said = isCut ? 'the connection was closed without an answer' : text;
  const hint = handshakeHint(cause) ?? (isCut ? cutHint : undefined);
  return failure('SERVER_UNREACHABLE', `cannot reach ${serverUrl}${through}: ${said}`, cause, hint);
}

/** An answer that no Leafward server gave. */
export function strangeAnswer(
  { status, location, body }: { status: number; location: string | undefined; body: Buffer },
  { serverUrl, proxy }: Way,
): AppError {
  if (proxy !== undefined && wantsLogin.has(status)) return proxyStatus(status, proxy, serverUrl, undefined);
  // As nginx and others say it.
  const wantsCertificate = /(SSL|TLS|client) certificate/i.test(body.toString('latin1', 0, 2000));
  const hint = wantsCertificate
    ? demandHint
    : location !== undefined
      ? `It sends on to ${location.slice(0, 300)}: set serverUrl to the address of the server itself.`
      : proxy === undefined
        ? 'Check serverUrl; a proxy or another program may answer there.'
        : `The answer may be that of the proxy ${proxy.url}: see its log, or name the server in no_proxy.`;
  const message = `${serverUrl} answers ${status}, and not as a Leafward server`;
  return failure('SERVER_UNREACHABLE', message, undefined, hint);
}

function proxyFailure(cause: unknown, proxy: ServerProxy, serverUrl: string): AppError | undefined {
  const errors = chain(cause);
  const text = errors.map(({ message }) => message).join('\n');
  const status = /Proxy response \((\d{3})\)|Proxy Authentication Required \((407)\)/.exec(text);
  if (status !== null) return proxyStatus(Number(status[1] ?? status[2]), proxy, serverUrl, cause);
  const isConnect = errors.some((one) => one instanceof ProxyConnectError || codeOf(one).startsWith('UND_ERR_PRX'));
  // Without a tunnel there is but one connection: the proxy's.
  if (!isConnect && (proxy.isTunnel || errors.some(({ name }) => name === 'TimeoutError'))) return undefined;
  const tls = tlsErrorCode(cause);
  const told = describeNetworkError(cause).text;
  if (tls !== undefined) {
    return failure(tls, `TLS with the proxy ${proxy.url} failed: ${told}`, cause, tlsHint(cause, 'serverCaFile'));
  }
  const hint = 'Check httpProxy or https_proxy: name, port, http or https. Servers in no_proxy are reached without it.';
  return failure('SERVER_UNREACHABLE', `cannot reach the proxy ${proxy.url}: ${told}`, cause, hint);
}

function proxyStatus(status: number, proxy: ServerProxy, serverUrl: string, cause: unknown): AppError {
  const { host } = new URL(serverUrl);
  if (wantsLogin.has(status)) {
    const said =
      proxy.credentials === undefined
        ? 'demands a login, and none is set'
        : `refuses the login of ${proxy.credentials.user}`;
    const hint =
      'Put user:password into a file and name it as httpProxyCredentialsFile. Only Basic logins are supported.';
    return failure('SERVER_UNREACHABLE', `the proxy ${proxy.url} ${said} (${status})`, cause, hint);
  }
  if (status === 403 || status === 405) {
    const hint = `Allow it in the settings of the proxy: CONNECT to ${host} (tinyproxy: ConnectPort; squid: SSL_ports and an http_access rule).`;
    return failure('SERVER_UNREACHABLE', `the proxy ${proxy.url} does not allow ${serverUrl} (${status})`, cause, hint);
  }
  const hint = `On the machine of the proxy: does the name of ${host} resolve, and is the port open from there? See the log of the proxy.`;
  const message = `the proxy ${proxy.url} cannot reach ${serverUrl} (it answers ${status})`;
  return failure('SERVER_UNREACHABLE', message, cause, hint);
}

/** A server that demands a certificate says so in an alert that does not name what it wants. */
function handshakeHint(cause: unknown): string | undefined {
  const code = chain(cause).map(codeOf).join(' ');
  if (/CERTIFICATE_REQUIRED|ALERT_BAD_CERTIFICATE|ALERT_UNKNOWN_CA|HANDSHAKE_FAILURE/.test(code)) {
    return demandHint;
  }
  if (/PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL/.test(code)) {
    return 'Turn TLS 1.2 or 1.3 on in the server, or in what stands before it.';
  }
  return undefined;
}

function failure(
  code: 'SERVER_UNREACHABLE' | 'TIMEOUT' | 'TLS_UNTRUSTED' | 'TLS_NAME_MISMATCH',
  message: string,
  cause: unknown,
  hint: string | undefined,
): AppError {
  return new AppError(code, message, { cause, retryable: true, ...(hint === undefined ? {} : { hint }) });
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}

function chain(thrown: unknown): Error[] {
  const found: Error[] = [];
  for (let at = thrown; at instanceof Error && found.length < 10; at = at.cause) found.push(at);
  return found;
}
