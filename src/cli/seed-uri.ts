import { resolveSrv, resolveTxt } from 'node:dns/promises';
import { parseHostAddress } from '../model/host-address.ts';
import { AppError } from '../runtime/errors.ts';

/** What of a connection string the agent needs to find and watch a deployment. */
export interface SeedUri {
  /** `name:port` each, at least one. */
  readonly hosts: readonly string[];
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly authSource: string | undefined;
  readonly authMechanism: string | undefined;
  readonly tls: boolean;
  readonly tlsCaFile: string | undefined;
  readonly tlsCertificateKeyFile: string | undefined;
  readonly tlsCertificateKeyFilePassword: string | undefined;
  readonly tlsAllowInvalidHostnames: boolean;
}

/**
 * Parses a connection string (MongoDB's "Connection String URI Format"), `mongodb+srv://` by the DNS records of the "Initial
 * DNS Seedlist Discovery". Messages never repeat it: it may hold a password. @throws INPUT_INVALID
 */
export async function parseSeedUri(uri: string): Promise<SeedUri> {
  const match = /^mongodb(\+srv)?:\/\/(?:([^:@/]*)(?::([^@/]*))?@)?([^/?@]+)(?:\/([^?]*))?(?:\?(.*))?$/.exec(
    uri.trim(),
  );
  if (match === null) throw invalid('expected mongodb://[user:password@]host:port[,host:port…]/[?options]');
  const [, srv, user, password, hostList = '', database = '', query = ''] = match;
  const names = hostList.split(',');
  const options = optionsOf(query);
  if (srv !== undefined)
    for (const [name, value] of await txtOptions(names)) if (!options.has(name)) options.set(name, value);
  const tls = options.get('tls') ?? options.get('ssl');
  const username = user === undefined || user === '' ? undefined : decoded(user);
  const authMechanism = options.get('authmechanism');
  const isExternal = authMechanism !== undefined && !authMechanism.startsWith('SCRAM');
  const defaultSource = database === '' ? 'admin' : decoded(database);
  return {
    hosts: srv === undefined ? names.map(parseHostAddress) : await srvHosts(names),
    username,
    password: username === undefined || password === undefined ? undefined : decoded(password),
    authSource: options.get('authsource') ?? (username === undefined || isExternal ? undefined : defaultSource),
    authMechanism,
    tls: tls === undefined ? srv !== undefined : tls === 'true',
    tlsCaFile: options.get('tlscafile'),
    tlsCertificateKeyFile: options.get('tlscertificatekeyfile'),
    tlsCertificateKeyFilePassword: options.get('tlscertificatekeyfilepassword'),
    tlsAllowInvalidHostnames: options.get('tlsallowinvalidhostnames') === 'true',
  };
}

/** Names of options are the same in any case. */
function optionsOf(query: string): Map<string, string> {
  const pairs = query.split('&').filter((pair) => pair !== '');
  return new Map(
    pairs.map((pair) => {
      const [name = '', value = ''] = pair.split('=');
      return [name.toLowerCase(), decoded(value)];
    }),
  );
}

async function srvHosts(names: readonly string[]): Promise<string[]> {
  const [name] = names;
  if (name === undefined || names.length > 1 || name.includes(':')) {
    throw invalid('mongodb+srv:// takes one name without a port');
  }
  try {
    const records = await resolveSrv(`_mongodb._tcp.${name}`);
    return records.map((record) => parseHostAddress(`${record.name}:${record.port}`));
  } catch (cause) {
    throw new AppError('MONGODB_UNREACHABLE', `there is no SRV record _mongodb._tcp.${name}`, { cause });
  }
}

async function txtOptions([name = '']: readonly string[]): Promise<Map<string, string>> {
  try {
    const records = await resolveTxt(name);
    return optionsOf(records.map((parts) => parts.join('')).join('&'));
  } catch {
    // The record may be absent.
    return new Map();
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw invalid('a % in user, password or options must be written as %25', cause);
  }
}

function invalid(why: string, cause?: unknown): AppError {
  return new AppError('INPUT_INVALID', `the connection string cannot be read: ${why}`, { cause });
}
