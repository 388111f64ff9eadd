import { hostname, networkInterfaces } from 'node:os';
import { isAbsolute } from 'node:path';
import { isLoopback } from '../../model/special-address.ts';
import { AppError } from '../../runtime/errors.ts';

export type ListenAddress =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

/** The kernel's address of a socket holds 108 bytes on Linux, 104 on macOS. */
const longestPath = 103;

/** `HOST:PORT` (IPv6 in brackets) or `unix:/path`, at least one. @throws SETTINGS_INVALID */
export function parseListenAddresses(texts: readonly string[]): readonly [ListenAddress, ...ListenAddress[]] {
  const [first, ...others] = texts.map(parseListenAddress);
  if (first === undefined) throw refused('', 'expected an address');
  return [first, ...others];
}

function parseListenAddress(text: string): ListenAddress {
  if (text.startsWith('unix:')) {
    const path = text.slice('unix:'.length);
    if (!isAbsolute(path)) throw refused(text, 'the path of a Unix socket begins with /');
    if (Buffer.byteLength(path) > longestPath)
      throw refused(text, `the path of a Unix socket has at most ${longestPath} bytes`);
    return { kind: 'unix', path };
  }
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(text.trim());
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) {
    throw refused(text, 'expected HOST:PORT, such as 127.0.0.1:8080 or [::1]:8080, or unix:/path/of/socket');
  }
  return { kind: 'tcp', host: match[1] ?? match[2] ?? '', port };
}

function refused(text: string, why: string): AppError {
  return new AppError('SETTINGS_INVALID', `listen = ${text}: ${why}`, { details: { key: 'listen' } });
}

/** @throws INSECURE_LISTEN. Who may open a Unix socket is said by the rights of its folder. */
export function checkListenIsSafe(
  addresses: readonly ListenAddress[],
  settings: { readonly tls: boolean; readonly behindProxy: boolean; readonly insecureHttp: boolean },
): void {
  if (settings.tls || settings.behindProxy || settings.insecureHttp) return;
  for (const address of addresses) {
    if (address.kind === 'unix' || isLoopback(address.host)) continue;
    throw new AppError(
      'INSECURE_LISTEN',
      `listening on ${textOf(address)} without TLS would send passwords and keys readable`,
    );
  }
}

/** Names and addresses that a certificate of this server should hold. */
export function ownNames(addresses: readonly ListenAddress[], publicUrl: string | undefined): string[] {
  const names = new Set(['localhost', '127.0.0.1', '::1', hostname().toLowerCase()]);
  for (const address of addresses) {
    if (address.kind === 'unix') continue;
    const { host } = address;
    if (host !== '0.0.0.0' && host !== '::') names.add(host.toLowerCase());
    else for (const own of machineAddresses()) names.add(own);
  }
  const publicHost = publicUrl === undefined ? undefined : URL.parse(publicUrl)?.hostname;
  if (publicHost !== undefined) names.add(publicHost.replace(/^\[|\]$/g, ''));
  return [...names].slice(0, 50);
}

function machineAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((list = []) =>
    list.filter(({ address, internal }) => !internal && !address.startsWith('fe80')).map(({ address }) => address),
  );
}

/** The address that a browser on this machine can use; a Unix socket has none. */
export function urlOf(addresses: readonly ListenAddress[], tls: boolean): string {
  const found = addresses.find((address) => address.kind === 'tcp');
  if (found === undefined) return 'http://localhost';
  const { host, port } = found;
  const name = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '[::1]' : bracketed(host);
  return `${tls ? 'https' : 'http'}://${name}:${port}`;
}

/** As it is written in the settings. */
export function textOf(address: ListenAddress): string {
  return address.kind === 'unix' ? `unix:${address.path}` : `${bracketed(address.host)}:${address.port}`;
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
