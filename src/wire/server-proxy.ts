import { BlockList, isIP } from 'node:net';
import { AppError } from '../runtime/errors.ts';

export interface ProxySettings {
  /** Goes before `https_proxy` and `http_proxy` of the environment; `no_proxy` holds for both. */
  readonly httpProxy?: string | undefined;
  /** `user:password`, instead of in the address. */
  readonly httpProxyCredentials?: string | undefined;
  readonly env?: NodeJS.ProcessEnv | undefined;
}

export interface ServerProxy {
  /** Without credentials: may be logged. */
  readonly url: string;
  readonly credentials: { readonly user: string; readonly password: string } | undefined;
  /** A tunnel (CONNECT) for https servers; requests with the whole address for http ones. */
  readonly isTunnel: boolean;
}

/**
 * The proxy on the way to this server, if there is one: `httpProxy`, else the environment's `https_proxy` for https servers and
 * `http_proxy` for http ones, in either case. `proxy:3128` means `http://proxy:3128`. @throws SETTINGS_INVALID
 */
export function proxyTo(serverUrl: string, settings: ProxySettings): ServerProxy | undefined {
  const { env = process.env } = settings;
  const isTunnel = serverUrl.startsWith('https:');
  const [name, found] = namedProxy(settings.httpProxy, isTunnel ? 'https_proxy' : 'http_proxy', env);
  if (found === undefined || isExempt(serverUrl, valueOf(env, 'no_proxy') ?? '')) return undefined;
  const url = URL.parse(found.includes('://') ? found : `http://${found}`);
  if (url === null || url.hostname === '') throw unusable(name, 'is no address');
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw unusable(name, `speaks ${url.protocol.slice(0, -1)}, which is not supported`);
  }
  return { url: url.origin, credentials: credentialsOf(url, settings.httpProxyCredentials, name), isTunnel };
}

function namedProxy(
  setting: string | undefined,
  variable: string,
  env: NodeJS.ProcessEnv,
): readonly [name: string, value: string | undefined] {
  if (setting !== undefined && setting !== '') return ['httpProxy', setting];
  return [`${variable} of the environment`, valueOf(env, variable)];
}

/** The small form first, as most programs do. */
function valueOf(env: NodeJS.ProcessEnv, variable: string): string | undefined {
  const value = (env[variable] ?? env[variable.toUpperCase()])?.trim();
  return value === '' ? undefined : value;
}

function credentialsOf(url: URL, given: string | undefined, name: string): ServerProxy['credentials'] {
  if (given === undefined) {
    if (url.username === '') return undefined;
    try {
      return { user: decodeURIComponent(url.username), password: decodeURIComponent(url.password) };
    } catch {
      throw unusable(name, 'has a % in its user or password that must be written as %25');
    }
  }
  const colon = given.indexOf(':');
  if (colon > 0) return { user: given.slice(0, colon), password: given.slice(colon + 1) };
  throw new AppError('SETTINGS_INVALID', 'httpProxyCredentials has no user and password', {
    hint: 'Write them as user:password, on one line.',
  });
}

/** Whether `no_proxy` names the server: `*`, names (with everything below them), addresses, networks (10.0.0.0/8), each with `:port` or without. */
export function isExempt(serverUrl: string, noProxy: string): boolean {
  const { hostname, port, protocol } = new URL(serverUrl);
  const host = hostname.replace(/^\[|\]$|\.$/g, '').toLowerCase();
  const wanted = port === '' ? (protocol === 'https:' ? '443' : '80') : port;
  return noProxy.split(/[,\s]+/).some((entry) => {
    const [name, only] = splitEntry(entry.toLowerCase());
    return (only === undefined || only === wanted) && namesHost(name, host);
  });
}

/** An IPv6 address has a port only behind brackets. */
function splitEntry(entry: string): readonly [name: string, port: string | undefined] {
  const bracketed = /^\[([^\]]+)\](?::(\d+))?$/.exec(entry);
  const plain = bracketed ?? /^([^:]*):(\d+)$/.exec(entry);
  return plain === null ? [entry, undefined] : [plain[1] ?? '', plain[2]];
}

function namesHost(entry: string, host: string): boolean {
  if (entry === '') return false;
  if (entry === '*') return true;
  if (isIP(host) !== 0) return entry === host || inNetwork(entry, host);
  if (entry.startsWith('*.')) return host.endsWith(entry.slice(1));
  const name = entry.replace(/^\.|\.$/g, '');
  return host === name || host.endsWith(`.${name}`);
}

function inNetwork(entry: string, address: string): boolean {
  const [network = '', bits, ...rest] = entry.split('/');
  const family = isIP(network) === 6 ? 'ipv6' : 'ipv4';
  if (isIP(network) === 0 || !/^\d{1,3}$/.test(bits ?? '') || rest.length > 0) return false;
  if (Number(bits) > (family === 'ipv6' ? 128 : 32)) return false;
  const list = new BlockList();
  list.addSubnet(network, Number(bits), family);
  return list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

/** The value is left out: it may hold a password. */
function unusable(name: string, why: string): AppError {
  return new AppError('SETTINGS_INVALID', `the proxy of ${name} ${why}`, {
    hint: 'Write it as http://proxy.example.net:3128 (or https://…), the login apart in httpProxyCredentialsFile.',
  });
}
