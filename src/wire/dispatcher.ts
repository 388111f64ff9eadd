import { isIP } from 'node:net';
import { Agent, type buildConnector, type Dispatcher, Pool, ProxyAgent } from 'undici';
import { readCertificates } from '../runtime/pem-file.ts';
import { type ProxySettings, proxyTo, type ServerProxy } from './server-proxy.ts';
import { openServerTrust, type TrustSettings } from './server-trust.ts';

export interface WaySettings extends ProxySettings, TrustSettings {
  readonly serverUrl: string;
}

export interface WayToServer {
  readonly dispatcher: Dispatcher;
  readonly proxy: ServerProxy | undefined;
}

/** The connection to the proxy failed, not that to the server. */
export class ProxyConnectError extends Error {
  override readonly name = 'ProxyConnectError';
}

/** The settings of some thousand hosts take a few MiB. */
const maxAnswerBytes = 64 * 2 ** 20;
const connectTimeoutMs = 10_000;
/** A proxy that takes the connection and then says nothing to CONNECT. */
const tunnelTimeoutMs = 15_000;

const limits = {
  connections: 4,
  keepAliveTimeout: 30_000,
  headersTimeout: 60_000,
  bodyTimeout: 60_000,
  maxResponseSize: maxAnswerBytes,
};

/** One keep-alive pool to the server, by its proxy if there is one. @throws SETTINGS_INVALID */
export function openWay(settings: WaySettings): WayToServer {
  const { serverUrl, serverCaFile } = settings;
  const trust = { ...openServerTrust(settings), timeout: connectTimeoutMs, allowH2: false };
  const proxy = proxyTo(serverUrl, settings);
  if (proxy === undefined) return { dispatcher: new Agent({ ...limits, connect: trust }), proxy };
  const { credentials } = proxy;
  const dispatcher = new ProxyAgent({
    ...limits,
    uri: proxy.url,
    ...(credentials === undefined ? {} : { token: basic(credentials) }),
    requestTls: trust,
    proxyTls: {
      minVersion: 'TLSv1.2',
      timeout: connectTimeoutMs,
      ...(serverCaFile === undefined ? {} : { ca: readCertificates('serverCaFile', serverCaFile) }),
    },
    clientFactory: (origin, { connect }: { connect: Connect }) =>
      new Pool(origin, { connect: named(withoutAddress(connect)), headersTimeout: tunnelTimeoutMs }),
    factory: (origin, options: Pool.Options & { connect: Connect }) =>
      new Pool(origin, { ...limits, ...options, connect: withoutAddress(options.connect) }),
  });
  return { dispatcher, proxy };
}

type Connect = buildConnector.connector;

/** A proxy that is named by its address has no name to ask for in TLS; undici asks for it all the same. */
function withoutAddress(connect: Connect): Connect {
  return ({ servername, ...options }, callback) =>
    connect(servername === undefined || isIP(servername) !== 0 ? options : { ...options, servername }, callback);
}

/** Its errors say that they are the proxy's. */
function named(connect: Connect): Connect {
  return (options, callback) =>
    connect(options, (...[error, socket]) => {
      if (error === null) callback(null, socket);
      else callback(new ProxyConnectError('the proxy cannot be reached', { cause: error }), null);
    });
}

function basic({ user, password }: NonNullable<ServerProxy['credentials']>): string {
  return `Basic ${Buffer.from(`${user}:${password}`, 'utf8').toString('base64')}`;
}
